"""What problems say in French: a sentence for each type, and the very words of what is often met."""

from __future__ import annotations

import re
from collections.abc import Mapping

GENERAL: Mapping[str, str] = {
    "key-refused": "aucune clé, ou une clé qui n'est plus valable : envoyez « Authorization: Bearer wp_… »",
    "scope-missing": "les droits de cette clé n'y suffisent pas : créez-en une qui a le droit voulu",
    "too-many-requests": "trop de requêtes en une minute : attendez le temps de Retry-After, puis continuez",
    "request-unreadable": "le corps ne peut être lu comme JSON : vérifiez sa syntaxe et son encodage",
    "request-invalid": "la requête ne convient pas : voyez errors, une entrée par champ",
    "version-differs": "la version n'est plus celle de If-Match : relisez, puis modifiez",
    "version-needed": "cela existe déjà : envoyez If-Match avec son ETag pour le remplacer",
    "not-found": "il n'y a rien de tel à portée de cette clé : cherchez-le dans la liste",
    "usage-error": "la requête ne peut être comprise ainsi : corrigez ses paramètres",
    "not-storable": "un texte ou un nombre donné ne peut être conservé ni cherché : vérifiez-le",
    "document-error": "le document n'est pas valable : voyez errors, et corrigez-le",
    "credentials-error": "le document des certificats n'est pas valable : corrigez-le",
    "table-error": "le tableau n'est pas valable : corrigez-le",
    "model-error": "le Modèle n'est pas valable : voyez errors, et docs/model.md",
    "matrix-error": "la Matrice n'est pas valable : voyez errors, et docs/matrix.md",
    "operation-error": "l'opération n'est pas valable : voyez errors, et docs/matrix.md",
    "scenario-error": "les événements ne peuvent être joués : vérifiez leurs noms, leurs données et leurs dates",
    "values-error": "des valeurs ne conviennent pas au Modèle : voyez errors, une entrée par variable",
    "condition-error": "une condition est restée sans réponse : corrigez-la, ou les données qu'elle lit",
    "event-error": "l'événement ou ses données ne sont pas ceux que la Matrice déclare : vérifiez nom et types",
    "picture-error": "l'image ne peut servir : donnez un fichier PNG, JPEG, WebP ou SVG, assez grand pour son emploi",
    "barcode-error": "le code-barres ne peut porter son message : raccourcissez-le, ou prenez un autre format",
    "bundle-error": "le pass ne peut être construit : vérifiez le Modèle et ses images",
    "mapping-rejected": "un portefeuille ne peut l'afficher : voyez les pertes du Modèle (losses)",
    "signing-error": "le certificat ou la clé ne peut servir : vérifiez les fichiers, la phrase secrète et les dates",
    "google-error": "les accès Google ne peuvent servir : téléchargez une nouvelle clé JSON du compte de service",
    "lifecycle-error": "cela ne se peut pas dans l'état actuel : relisez l'état, puis décidez",
    "wallet-stopped": "ce portefeuille est arrêté ici pour l'instant : réessayez plus tard",
    "operation-closed": "l'opération n'émet pas de pass maintenant : vérifiez sa période et ses limites",
    "operation-ended": "l'opération est terminée : les événements sont refusés",
    "instant-passed": "l'échéance est passée, ou son exécution a commencé : elle ne peut plus être déplacée",
    "pass-void": "le pass est annulé : ses valeurs restent ce qu'elles sont",
    "run-over": "l'exécution est terminée, ou n'a pas l'état voulu : relisez-la",
    "token-revoked": "ce jeton a été révoqué et ne donne plus de pass : faites-en un autre",
    "token-needed": "chaque pass de cette opération est personnel : faites un jeton pour chaque personne",
    "too-many-passes": "trop de pass demandés d'ici : réessayez plus tard",
    "credential-unfit": "ce certificat ne convient pas ici : vérifiez à qui il appartient, et pour quoi il est fait",
    "quota-reached": "il y en a autant que la formule le permet : retirez-en, ou demandez une formule plus grande",
    "production-refused": "il manque de quoi passer en production : l'original dit tout ce qui manque",
    "not-transferable": "des pass sont signés avec les certificats du fournisseur et restent ici",
    "archive-unreadable": "l'archive ne peut être lue : vérifiez le fichier et la phrase secrète",
    "key-over": "cette clé est déjà remplacée ou révoquée : créez-en une nouvelle",
    "upload-out-of-step": "cette partie ne suit pas ce qui est là : continuez à partir de Upload-Offset",
    "hook-loop": "deux systèmes se répondent sans fin : rompez la boucle",
    "idempotency-key-reused": "cette clé d'idempotence est déjà venue avec une autre requête : prenez-en une nouvelle",
    "database-busy": "la base de données est occupée : rien n'a été changé, réessayez",
    "database-unavailable": "la base de données ne répond pas : rien n'a été changé, réessayez dans un moment",
    "schema-outdated": "le serveur est en cours de mise à jour : réessayez dans un moment",
    "writer-busy": "le serveur a trop à écrire : rien n'a été changé, réessayez",
    "method-not-allowed": "cette adresse ne répond pas à cette méthode : voyez Allow",
    "content-too-large": "le corps est trop grand : envoyez moins à la fois",
    "unsupported-media-type": "ce type de corps n'est pas admis : envoyez application/json",
    "internal-server-error": "une erreur du serveur ; son journal en dit plus",
}
"""Type of problem to what is said where the words below know no better."""

_THINGS: Mapping[str, str] = {
    "operation": "d'opération", "pass": "de pass", "token": "de jeton", "run": "d'exécution", "key": "de clé",
    "hook": "de hook", "credential": "de certificat", "import": "d'importation", "asset": "d'image",
    "Model": "de Modèle", "Matrix": "de Matrice",
}  # fmt: skip
_PARTICULAR: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), french)
    for pattern, french in (
        (
            r"this key may not do that: it needs the scope (.*); create a key with it",
            r"cette clé ne le permet pas : il lui faut le droit \1 ; créez une clé qui l'a",
        ),
        (r"a key makes no key that may do more than itself: (.*)", r"une clé n'en crée pas de plus puissante : \1"),
        (
            r"more than (.*) requests a minute: wait, then go on",
            r"plus de \1 requêtes en une minute : attendez, puis continuez",
        ),
        (
            r"it is (.*) by now, not (.*): read it again, then change it",
            r"c'est maintenant \1, non \2 : relisez, puis modifiez",
        ),
        (
            r"the last day (.*) has not come: .*",
            r"le dernier jour \1 n'est pas venu : laissez-le, ou nommez-en un plus tôt",
        ),
        (
            r"the first day (.*) is after the last (.*): .*",
            r"le premier jour \1 est après le dernier \2 : échangez-les",
        ),
        (
            r"from (\S*) to (\S*): ask for a year at most, the first day first",
            r"du \1 au \2 : demandez un an au plus, le premier jour d'abord",
        ),
        (
            r"a contact is a number .*",
            "un contact est un numéro tel que +33612345678 ou une adresse e-mail : ce n'est ni l'un ni l'autre",
        ),
        (
            r"the rules of (.*) are of version (.*), not (.*): read those",
            r"les règles de \1 sont de la version \2, non \3 : lisez celles-là",
        ),
        (
            r"(.*): has ended: its tokens would give no pass",
            r"\1 : est terminée : ses jetons ne donneraient pas de pass",
        ),
        (r"(.*): ended on (.*): events are refused", r"\1 : terminée le \2 : les événements sont refusés"),
        (r"(.*): ended on (.*): no new pass is issued", r"\1 : terminée le \2 : aucun nouveau pass n'est émis"),
        (r"(.*): opens on (.*): come back then", r"\1 : ouvre le \2 : revenez alors"),
        (r"(.*): is void, its values stay as they are", r"\1 : est annulé, ses valeurs restent ce qu'elles sont"),
        (
            r"(.*) bytes are here: send what follows on them",
            r"\1 octets sont là : envoyez ce qui les suit",
        ),
        (
            r"the plan has room for (.*) (\w+), and they are there: ask for a larger one",
            r"la formule a de la place pour \1 (\2), et ils sont là : demandez-en une plus grande",
        ),
    )
)
_NONE = re.compile(r"there is no (\w+) (.+?): .*", re.DOTALL)
_WHOLE = frozenset(
    {
        "key-refused", "request-unreadable", "request-invalid", "method-not-allowed", "content-too-large",
        "unsupported-media-type", "internal-server-error",
    }
)  # fmt: skip
"""Types of which the general sentence says all there is to say."""


def in_french(kind: str, message: str) -> tuple[str, bool]:
    """
    What a problem says, in French.

    Args:
        kind: Its type, of `GENERAL`.
        message: In English.

    Returns:
        The sentence, and whether it says all that the message does.
    """
    if (none := _NONE.fullmatch(message)) and none[1] in _THINGS:
        return f"il n'y a pas {_THINGS[none[1]]} {none[2]} : cherchez dans la liste", True
    for pattern, french in _PARTICULAR:
        if found := pattern.fullmatch(message):
            return found.expand(french), True
    return GENERAL[kind], kind in _WHOLE
