"""What the pages say, in French and English, and which of them a browser asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

LANGUAGES = ("en", "fr")
"""Of the pages; the first where a browser wants neither."""
_MOST_ASKED = 20
_WHEN = {"en": "d MMMM y, HH:mm", "fr": "d MMMM y 'à' HH:mm"}
_FRENCH_SIGN = re.compile(r" (?=[:?!;»])|(?<=«) ")

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "add-apple": "Add to Apple Wallet",
        "add-google": "Add to Google Wallet",
        "add-heading": "Add it to your phone",
        "card-alt": "What the pass looks like: {what}",
        "card-example": "Example. Yours carries your own details.",
        "scan-heading": "Scan it with your phone",
        "scan-how": "Point the camera of your phone at this code: the page opens there, ready to add the pass.",
        "scan-alt": "QR code of this page: {address}",
        "scan-address": "Or type this address:",
        "or-here": "Or add it from here",
        "other-phone": "Another kind of phone?",
        "in-app-heading": "Open this page in Safari",
        "in-app-why": "You are inside an app that cannot add passes.",
        "in-app-menu": "Tap the menu of the app: usually ••• or the share sign, at the top or bottom.",
        "in-app-open": "Choose “Open in Safari” or “Open in browser”.",
        "in-app-copy": "No such choice? Copy this address and paste it into Safari:",
        "in-app-try": "Try it here all the same",
        "not-this-phone": "This pass is not offered for the wallet of your phone.",
        "again": "Opening this link again always shows the same pass.",
        "unknown-title": "This link leads to no pass",
        "unknown": "Check that it was copied whole, down to its last letter.",
        "early-title": "Not open yet",
        "early": "Passes are available from {when}. Please come back then.",
        "over-title": "This offer is over",
        "over": "It ended on {when}. No new passes are available. A pass that you have stays in your wallet.",
        "full-title": "All passes have been given out",
        "full": "No more passes are available. A pass that you have stays in your wallet.",
        "revoked-title": "This link was revoked",
        "revoked": "It gives no pass any more. Ask the sender for another.",
        "personal-title": "Each of these passes is personal",
        "personal": "It comes by a link of your own. Use the one that was sent to you, or ask the sender for it.",
        "many-title": "Too many at once",
        "many": "Many passes were taken from your network just now. Please try again in {minutes} min.",
        "elsewhere-title": "Not available for this wallet",
        "elsewhere": "This pass does not exist for the wallet that you chose.",
        "stopped-title": "Paused for the moment",
        "stopped": "This wallet cannot be served just now. Please try again later: your link stays good.",
        "busy-title": "Many people are here just now",
        "busy": "Please try again in a moment: your link stays good.",
        "failed-title": "The pass cannot be shown",
        "failed": "This is our fault, not yours. Please try again later, or tell whoever sent you the link.",
        "back": "Back to the pass",
        "kind-coupon": "Coupon",
        "kind-loyalty": "Loyalty card",
        "kind-membership": "Membership card",
        "kind-gift-card": "Gift card",
        "kind-event-ticket": "Ticket",
        "kind-boarding-pass": "Boarding pass",
        "kind-generic": "Pass",
    },
    "fr": {
        "add-apple": "Ajouter à Apple Wallet",
        "add-google": "Ajouter à Google Wallet",
        "add-heading": "Ajoutez-le à votre téléphone",
        "card-alt": "Aperçu du pass : {what}",
        "card-example": "Exemple. Le vôtre portera vos propres informations.",
        "scan-heading": "Scannez avec votre téléphone",
        "scan-how": "Visez ce code avec l’appareil photo du téléphone : la page s’y ouvre, prête à ajouter le pass.",
        "scan-alt": "QR code de cette page : {address}",
        "scan-address": "Ou saisissez cette adresse :",
        "or-here": "Ou ajoutez-le d’ici",
        "other-phone": "Un autre type de téléphone ?",
        "in-app-heading": "Ouvrez cette page dans Safari",
        "in-app-why": "Vous êtes dans une application qui ne peut pas ajouter de pass.",
        "in-app-menu": "Touchez le menu de l’application : souvent ••• ou le signe de partage, en haut ou en bas.",
        "in-app-open": "Choisissez « Ouvrir dans Safari » ou « Ouvrir dans le navigateur ».",
        "in-app-copy": "Ce choix n’apparaît pas ? Copiez cette adresse et collez-la dans Safari :",
        "in-app-try": "Essayer quand même ici",
        "not-this-phone": "Ce pass n’est pas proposé pour le portefeuille de votre téléphone.",
        "again": "Ce lien montre toujours le même pass, même si vous l’ouvrez à nouveau.",
        "unknown-title": "Ce lien ne mène à aucun pass",
        "unknown": "Vérifiez qu’il a été copié en entier, jusqu’à la dernière lettre.",
        "early-title": "Pas encore ouvert",
        "early": "Les pass sont disponibles à partir du {when}. Revenez à ce moment-là.",
        "over-title": "Cette offre est terminée",
        "over": "Elle a pris fin le {when}. Aucun nouveau pass n’est disponible. "
        "Un pass que vous avez déjà reste dans votre téléphone.",
        "full-title": "Tous les pass ont été distribués",
        "full": "Plus aucun pass n’est disponible. Un pass que vous avez déjà reste dans votre téléphone.",
        "revoked-title": "Ce lien a été révoqué",
        "revoked": "Il ne donne plus de pass. Demandez-en un autre à l’expéditeur.",
        "personal-title": "Chacun de ces pass est personnel",
        "personal": "Il s’obtient par un lien à votre nom. Utilisez celui qui vous a été envoyé, "
        "ou demandez-le à l’expéditeur.",
        "many-title": "Trop de demandes à la fois",
        "many": "Beaucoup de pass viennent d’être pris depuis votre réseau. Réessayez dans {minutes} min.",
        "elsewhere-title": "Indisponible pour ce portefeuille",
        "elsewhere": "Ce pass n’existe pas pour le portefeuille que vous avez choisi.",
        "stopped-title": "En pause pour le moment",
        "stopped": "Ce portefeuille est indisponible actuellement. Réessayez plus tard : votre lien reste valable.",
        "busy-title": "Beaucoup de monde en ce moment",
        "busy": "Réessayez dans un instant : votre lien reste valable.",
        "failed-title": "Le pass ne peut pas être affiché",
        "failed": "C’est notre faute, pas la vôtre. Réessayez plus tard, ou prévenez l’expéditeur du lien.",
        "back": "Retour au pass",
        "kind-coupon": "Coupon",
        "kind-loyalty": "Carte de fidélité",
        "kind-membership": "Carte de membre",
        "kind-gift-card": "Carte cadeau",
        "kind-event-ticket": "Billet",
        "kind-boarding-pass": "Carte d’embarquement",
        "kind-generic": "Pass",
    },
}


def text(language: str, key: str, **values: object) -> str:
    """One text, its gaps filled. French signs keep to their words: no line begins with a colon."""
    said = TEXTS[language][key]
    return (_FRENCH_SIGN.sub("\N{NO-BREAK SPACE}", said) if language == "fr" else said).format(**values)


def date_text(instant: datetime, zone: ZoneInfo, language: str) -> str:
    """An instant as people of the operation's zone say it."""
    from babel.dates import format_datetime

    return format_datetime(instant, _WHEN[language], tzinfo=zone, locale=language)


def preferred(accepts: str, offered: Sequence[str], otherwise: str) -> str:
    """
    The language a browser likes best of those offered (RFC 9110 §12.5.4), by their first part.

    Args:
        accepts: Its header Accept-Language; may be anything.
        offered: Language tags.
        otherwise: Where it likes none of them.
    """
    wanted: list[tuple[float, int, str]] = []
    for place, entry in enumerate(accepts.split(",")[:_MOST_ASKED]):
        tag, _, quality = entry.partition(";")
        weight = _weight(quality)
        if tag.strip() and weight > 0:
            wanted.append((-weight, place, tag.strip().lower()))
    for _, _, tag in sorted(wanted):
        same = [language for language in offered if language.lower() == tag]
        related = [language for language in offered if language.lower().split("-")[0] == tag.split("-")[0]]
        if same or related:
            return (same + related)[0]
    return otherwise


def _weight(quality: str) -> float:
    name, _, value = quality.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
