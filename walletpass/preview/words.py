"""Words that the wallets themselves put on a pass, in the languages this project speaks; others read English."""

from __future__ import annotations

_FRENCH = {
    "Account": "Compte",
    "Address": "Adresse",
    "Arrives": "Arrivée",
    "Admission": "Accès",
    "Balance": "Solde",
    "Boards": "Embarque",
    "Card number": "Numéro de carte",
    "Class": "Classe",
    "Coach": "Voiture",
    "Code": "Code",
    "Date": "Date",
    "Departs": "Départ",
    "Details": "Détails",
    "Doors": "Ouverture",
    "Fare": "Tarif",
    "Fine print": "Conditions",
    "Flight": "Vol",
    "Gate": "Porte",
    "Group": "Groupe",
    "Level": "Niveau",
    "Member": "Membre",
    "Number": "Numéro",
    "Passenger": "Passager",
    "Pin": "Code secret",
    "Platform": "Quai",
    "Points": "Points",
    "Price": "Prix",
    "Row": "Rang",
    "Seat": "Place",
    "Section": "Section",
    "Sequence": "Séquence",
    "Terminal": "Terminal",
    "Ticket": "Billet",
    "Valid until": "Valable jusqu’au",
    "Venue": "Lieu",
    "Zone": "Zone",
    "Expired": "Expiré",
    "Used": "Utilisé",
    "Void": "Annulé",
}


def word(english: str, language: str) -> str:
    """The word in a language, or as it is."""
    return _FRENCH.get(english, english) if language[:2].lower() == "fr" else english
