"""PassModel: the whole document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError, field_validator, model_validator
from pydantic import Field as Limit

from walletpass.errors import ModelError
from walletpass.model.barcode import Barcode
from walletpass.model.details import (
    BoardingPassDetails,
    CouponDetails,
    EventTicketDetails,
    GenericDetails,
    GiftCardDetails,
    LoyaltyDetails,
    MembershipDetails,
)
from walletpass.model.fields import Fields, Wallet
from walletpass.model.images import Image, Images
from walletpass.model.options import (
    AppleOptions,
    AppLink,
    Colors,
    Contact,
    GoogleOptions,
    Grouping,
    Link,
    Nfc,
    Sharing,
)
from walletpass.model.part import Part
from walletpass.model.relevance import Beacon, Place, RelevantDate, Validity
from walletpass.model.slots import BooleanSlot, check_zone
from walletpass.model.text import BUILT_IN, NAME, Reference, Text
from walletpass.model.variables import FORMATS, Values, Variable
from walletpass.problems import says
from walletpass.values import language_tag

PassType = Literal["coupon", "loyalty", "membership", "gift-card", "event-ticket", "boarding-pass", "generic"]
PASS_TYPES: tuple[PassType, ...] = get_args(PassType)

State = Literal["active", "used", "expired", "voided"]


class PassModel(Part):
    """
    One design for both wallets, with one precise function: *active coupon*, *used coupon*, *unused ticket*.

    A value: equal when its content is equal, never changed. `check` says what each wallet will make of it.

    Raises:
        pydantic.ValidationError: From the constructor; `PassModel.read` raises ModelError, in words, instead.
    """

    model: Annotated[str, Limit(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
    """Name of the Model: small letters, digits, hyphens."""
    pass_type: PassType
    """coupon, loyalty, membership, gift-card, event-ticket, boarding-pass or generic."""
    function: Annotated[str, Limit(min_length=1, max_length=80)]
    """The one precise function: active coupon, used coupon, credit note..."""
    organization: Text
    """Who issues it."""
    description: Text
    """What it is, in a sentence, also for people who listen."""
    languages: tuple[str, ...] = ("en",)
    """Languages of the pass; the first is the default."""
    zone: str = "UTC"
    """Time zone of dates and times written without an offset."""
    wallets: tuple[Wallet, ...] = ("apple", "google")
    """The wallets it is for."""
    variables: dict[str, Variable] = {}
    """Variable items by name."""
    colors: Colors = Colors()
    """Colours."""
    images: Images = Images()
    """Pictures."""
    fields: Fields = Fields()
    """What it says, by area."""
    barcode: Barcode | None = None
    """The code to scan."""
    state: State = "active"
    """active, used, expired or voided."""
    voided: BooleanSlot = False
    """Void, whatever the state."""
    places: tuple[Place, ...] = ()
    """Where it matters; ten at most."""
    beacons: tuple[Beacon, ...] = ()
    """Beacons near which Apple offers it."""
    relevant: tuple[RelevantDate, ...] = ()
    """When it matters."""
    validity: Validity = Validity()
    """From when to when it is good."""
    terms: Text | None = None
    """Terms, on the back."""
    links: tuple[Link, ...] = ()
    """Links, on the back."""
    contact: Contact | None = None
    """How to reach the organization, on the back."""
    app: AppLink | None = None
    """Apps it opens."""
    nfc: Nfc | None = None
    """Contactless redemption: Apple NFC, Google Smart Tap."""
    grouping: Grouping | None = None
    """Passes stacked together."""
    sharing: Sharing = Sharing()
    """Who may keep it."""
    coupon: CouponDetails | None = None
    """For a coupon."""
    loyalty: LoyaltyDetails | None = None
    """For a loyalty card."""
    membership: MembershipDetails | None = None
    """For a membership card."""
    gift_card: GiftCardDetails | None = None
    """For a gift card or a credit note."""
    event_ticket: EventTicketDetails | None = None
    """For an event ticket."""
    boarding_pass: BoardingPassDetails | None = None
    """For a boarding pass; required there."""
    generic: GenericDetails | None = None
    """For a generic pass."""
    apple: AppleOptions = AppleOptions()
    """What only Apple Wallet knows."""
    google: GoogleOptions = GoogleOptions()
    """What only Google Wallet knows."""

    @classmethod
    def read(cls, document: Mapping[str, Any], *, name: str = "model") -> PassModel:
        """
        A Model from a document.

        Args:
            document: The mapping that YAML or JSON gives.
            name: What to call it in an error, usually its file name.

        Raises:
            ModelError: One line for each fault, each saying where.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as fault:
            problems = tuple(f"{_where(e['loc'])}: {says(e)}" for e in fault.errors(include_url=False))
            raise ModelError(f"{name}: {'; '.join(problems)}", problems) from None

    @field_validator("languages")
    @classmethod
    def _languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("name each language once, and at least one")
        return tuple(language_tag(language) for language in value)

    @field_validator("wallets")
    @classmethod
    def _wallets(cls, value: tuple[Wallet, ...]) -> tuple[Wallet, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("name apple, google or both")
        return value

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return check_zone(value)

    @field_validator("variables")
    @classmethod
    def _variables(cls, value: dict[str, Variable]) -> dict[str, Variable]:
        for name in value:
            if name in BUILT_IN or not NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot name a variable: letters, digits, _; and not {', '.join(BUILT_IN)}")
        return value

    @model_validator(mode="after")
    def _one_section(self) -> PassModel:
        own = self.pass_type.replace("-", "_")
        for section in (pass_type.replace("-", "_") for pass_type in PASS_TYPES):
            if section != own and getattr(self, section) is not None:
                raise ValueError(f"the section {section} does not belong to a pass of type {self.pass_type}")
        if self.pass_type == "boarding-pass" and self.boarding_pass is None:
            raise ValueError("a boarding pass needs the section boarding_pass: transit, origin, destination")
        return self

    @model_validator(mode="after")
    def _references_fit(self) -> PassModel:
        faults = [f"{where}: {fault}" for where, part in _walk(self, "") for fault in self._reference_faults(part)]
        if faults:
            raise ValueError("; ".join(dict.fromkeys(faults)))
        return self

    def _reference_faults(self, part: Reference | Text) -> Iterator[str]:
        if isinstance(part, Text):
            unknown = [language for language in part.languages if language not in self.languages]
            if unknown:
                yield f"has a text in {', '.join(unknown)}, which is not in languages"
            if part.languages and self.languages[0] not in part.languages:
                yield f"has no text in {self.languages[0]}, the default language"
        for reference in part.references() if isinstance(part, Text) else (part,):
            if reference.name in BUILT_IN:
                continue
            variable = self.variables.get(reference.name)
            if variable is None:
                known = ", ".join([*self.variables, *BUILT_IN])
                yield f"{{{{ {reference.name} }}}} is not a variable; there are: {known}"
            elif reference.expects and variable.type not in reference.expects:
                wanted = " or ".join(reference.expects)
                yield f"{{{{ {reference.name} }}}} is of type {variable.type}, here a {wanted} is needed"
            elif variable.type == "image" and "image" not in reference.expects:
                yield f"{{{{ {reference.name} }}}} is a picture, which no text can hold"
            elif variable.type == "boolean" and not reference.expects and variable.labels is None:
                yield f"{{{{ {reference.name} }}}} is a boolean: give the variable labels to put it into a text"
            elif reference.format and reference.format not in FORMATS[variable.type]:
                formats = ", ".join(FORMATS[variable.type]) or "none"
                yield f"{reference}: the formats of a {variable.type} are {formats}"

    @property
    def default_language(self) -> str:
        """The first language."""
        return self.languages[0]

    @property
    def section(self) -> str:
        """Key of the section named after the pass type."""
        return self.pass_type.replace("-", "_")

    @property
    def details(self) -> Part | None:
        """That section."""
        section: Part | None = getattr(self, self.section)
        return section

    @property
    def clock(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.zone)

    @cached_property
    def values(self) -> Values:
        """The checker of one pass's values."""
        return Values(self.variables, self.clock)

    @property
    def content_hash(self) -> str:
        """SHA-256 of everything in the Model, the bytes of its pictures included."""
        document = self.model_dump(mode="json", exclude_none=True)
        pictures = {
            where: hashlib.sha256(image.data).hexdigest() for where, image in self.pictures() if image.data is not None
        }
        canonical = json.dumps([document, pictures], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def references(self) -> dict[str, list[str]]:
        """Variable name to the places that use it."""
        found: dict[str, list[str]] = {}
        for where, part in _walk(self, ""):
            for reference in part.references() if isinstance(part, Text) else (part,):
                found.setdefault(reference.name, []).append(where)
        return found

    def pictures(self) -> Iterator[tuple[str, Image]]:
        """Every picture with its place, those of other languages included."""
        for name, image in self.images.present().items():
            yield f"images.{name}", image
            for language, localized in image.languages.items():
                yield f"images.{name}.languages.{language}", localized

    def with_pictures(self, read: Callable[[str], bytes]) -> PassModel:
        """
        The same Model with the bytes of every picture that names a file.

        Args:
            read: Gives the bytes of a file or asset by its name; its errors pass through.
        """

        def filled(image: Image) -> Image:
            data = read(image.file) if image.file and image.data is None else image.data
            languages = {language: filled(other) for language, other in image.languages.items()}
            return image.model_copy(update={"data": data, "languages": languages})

        images = {name: filled(image) for name, image in self.images.present().items()}
        return self.model_copy(update={"images": self.images.model_copy(update=images)})


def _walk(value: object, where: str) -> Iterator[tuple[str, Reference | Text]]:
    """Every Reference and Text below a value, with its path."""
    if isinstance(value, Reference | Text):
        yield where, value
    elif isinstance(value, Image):
        yield from ((where, reference) for reference in value.references())
        if value.alt:
            yield f"{where}.alt", value.alt
        for language, image in value.languages.items():
            yield from _walk(image, f"{where}.languages.{language}")
    elif isinstance(value, Variable):
        return
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _walk(getattr(value, name), f"{where}.{name}" if where else name)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _walk(item, f"{where}.{name}")
    elif isinstance(value, tuple | list):
        for position, item in enumerate(value):
            yield from _walk(item, f"{where}.{position}")
    elif isinstance(value, str) and "{{" in value:
        yield where, Text.parse(value)


def _where(path: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in path if not str(step).startswith("function-")) or "model"
