"""What only one wallet knows, and what belongs to the pass as a whole."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field as Limit
from pydantic import model_validator

from walletpass.model.fields import Fields
from walletpass.model.part import Part
from walletpass.model.slots import DateTimeSlot, UrlText
from walletpass.model.text import Text
from walletpass.values import Color

Digits = Annotated[str, Limit(pattern=r"^\d{1,20}$")]


class Colors(Part):
    """Colours of the face. Google takes the background and chooses its text colour itself."""

    background: Color = Color(255, 255, 255)
    """Ground."""
    foreground: Color | None = None
    """Values; by default black or white, whichever reads better."""
    label: Color | None = None
    """Labels; as the values by default."""


class Link(Part):
    """A link on the back."""

    url: UrlText
    """https, mailto, tel, sms, geo or maps."""
    label: Text
    """What people read (20 letters on Google)."""
    key: Annotated[str, Limit(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    """Stable name; made from its position by default."""


class Contact(Part):
    """How to reach the organization. Apple asks that a pass carries it."""

    email: Text | None = None
    """E-mail address."""
    phone: Text | None = None
    """Telephone number, with the country code."""
    url: UrlText | None = None
    """Web site."""
    address: Text | None = None
    """Postal address."""


class AppLink(Part):
    """The apps and sites the pass opens."""

    launch_url: str | None = None
    """Handed to the app on an iPhone; needs `store_ids`."""
    store_ids: tuple[int, ...] = ()
    """App Store identifiers; the first that fits the phone wins."""
    android_package: Annotated[str, Limit(pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)+$")] | None = None
    """Package name of the Android app."""
    web_url: UrlText | None = None
    """Opened by Google when there is no app."""
    text: Text | None = None
    """Text of Google's button (30 letters)."""

    @model_validator(mode="after")
    def _launch_needs_a_store_id(self) -> AppLink:
        if self.launch_url and not self.store_ids:
            raise ValueError("launch_url needs store_ids: the app that receives it")
        return self


class Nfc(Part):
    """Contactless redemption. Both wallets grant it on request only."""

    message: Text
    """What the reader receives: 64 bytes at most on Apple, ASCII on Google."""
    public_key: str | None = None
    """Apple: Base64 of the reader's P-256 public key (SubjectPublicKeyInfo)."""
    requires_authentication: bool = False
    """Apple: ask for face, finger or code first."""
    redemption_issuers: tuple[Digits, ...] = ()
    """Google: issuers whose terminals may read it."""


class Grouping(Part):
    """Passes stacked together."""

    id: Text
    """The same text in each pass of the group."""
    sort_index: int | None = None
    """Place in the group (Google only)."""


class Sharing(Part):
    """Who may keep the pass."""

    prohibited: bool = False
    """Hide Apple's share button."""
    holders: Literal["many", "one-user-all-devices", "one-user-one-device"] | None = None
    """Google's policy; one user when prohibited, else many."""


class FeaturedAction(Part):
    """A button below the face (iOS 27); two are shown."""

    identifier: str
    """Unique."""
    type: str
    """One of Apple's action types, such as `order`."""
    url: UrlText
    """Where it leads."""


class UpcomingEvent(Part):
    """An entry of a season ticket's event guide (iOS 26, poster event tickets)."""

    identifier: str
    """Unique."""
    name: Text
    """Name of the event."""
    date: DateTimeSlot | None = None
    """When; absent shows 'to be determined'."""
    zone: str | None = None
    """Its time zone."""
    all_day: bool = False
    """No time of day."""
    active: bool = False
    """The current one."""
    semantics: dict[str, Any] | None = None
    """Apple semantic tags."""
    apple: dict[str, Any] | None = None
    """Raw keys added to the entry (`URLs`, `images`, fields)."""


class Personalization(Part):
    """Apple's enrolment form, for passes with NFC."""

    description: Text
    """What the person signs up for."""
    required: tuple[Literal["name", "postal-code", "email", "phone"], ...]
    """What is asked."""
    terms: Text | None = None
    """Terms, which may hold links."""

    @model_validator(mode="after")
    def _asks_something(self) -> Personalization:
        if not self.required:
            raise ValueError("required is empty: a form asks at least one thing")
        return self


AppleStyle = Literal["boardingPass", "coupon", "eventTicket", "generic", "storeCard"]


class AppleOptions(Part):
    """What only Apple Wallet knows."""

    style: AppleStyle | None = None
    """Another style than the usual one of the pass type."""
    logo_text: Text | None = None
    """Text beside the logo."""
    poster: bool = False
    """Event ticket: ask for the poster style (iOS 18)."""
    semantic: bool = False
    """Boarding pass by air: ask for the semantic style (iOS 26)."""
    poster_generic: Fields | None = None
    """The `posterGeneric` style (iOS 27), shown beside the classic one: header, primary, footer, back fields."""
    relevant_date: DateTimeSlot | None = None
    """For iOS 17 and earlier; the first of `relevant` by default."""
    max_distance: Annotated[int, Limit(ge=1)] | None = None
    """Metres around a place in which it counts."""
    semantics: dict[str, Any] = {}
    """Semantic tags beyond those made from the details; strings may hold References."""
    featured_actions: tuple[FeaturedAction, ...] = ()
    """Buttons below the face (iOS 27)."""
    upcoming: tuple[UpcomingEvent, ...] = ()
    """Later events of a season ticket (iOS 26)."""
    personalization: Personalization | None = None
    """Enrolment form."""
    user_info: dict[str, Any] | None = None
    """For the companion app, never shown."""
    raw: dict[str, Any] = {}
    """Keys of pass.json not modelled here, merged in last; strings may hold References."""


class GoogleOptions(Part):
    """What only Google Wallet knows."""

    type: Literal["offer", "loyalty", "giftCard", "eventTicket", "flight", "transit", "generic"] | None = None
    """Another type than the usual one of the pass type; only `generic` can stand in."""
    class_suffix: Annotated[str, Limit(pattern=r"^[A-Za-z0-9._-]{1,80}$")] | None = None
    """Last part of the class id; the Model's name by default."""
    country: Annotated[str, Limit(pattern=r"^[A-Z]{2}$")] | None = None
    """Country code."""
    homepage: UrlText | None = None
    """Web site of the issuer; that of the contact by default."""
    callback_url: str | None = None
    """Where Google reports saves and deletions; set by the platform by default."""
    unlock_required: bool = False
    """Show it only on an unlocked phone."""
    screenshots: bool = True
    """Whether screenshots are possible."""
    rotating_barcode: dict[str, Any] | None = None
    """A rotating code, as Google writes it."""
    notify_expiry: bool | None = None
    """Google's own reminder before the end."""
    class_raw: dict[str, Any] = {}
    """Properties merged into the class last; strings may hold References."""
    object_raw: dict[str, Any] = {}
    """Properties merged into the object last; strings may hold References."""
