"""From one source picture, every file a wallet wants. Resized once for each content and purpose, then remembered."""

from __future__ import annotations

from collections.abc import Sequence

from walletpass.pictures.cache import Cache
from walletpass.pictures.placement import CENTER, Fit, Placement, Target, place
from walletpass.pictures.source import Picture
from walletpass.pictures.targets import apple_target, google_target
from walletpass.templates import apple
from walletpass.values import Color

CACHE_BYTES = 64_000_000
_made: Cache[tuple[object, ...], tuple[bytes, ...]] = Cache(CACHE_BYTES)


def apple_files(
    kind: str,
    picture: Picture,
    *,
    style: str | None = None,
    fit: Fit | None = None,
    focus: tuple[float, float] | None = None,
    background: Color | None = None,
    scales: Sequence[int] = apple.SCALES,
) -> dict[str, bytes]:
    """
    Make the files of one picture of an Apple pass.

    icon: all of it, square, padded. Logos and footer: as large as fits the box, without its clear border. strip,
    background, artwork: fills the box, cropped around `focus`. thumbnail: cropped only beyond 2:3 or 3:2.
    A source that is too small is enlarged, so that all scales show the same; `picture_findings` says so.

    Args:
        kind: Apple's name: `icon`, `primaryLogo`. See `walletpass.templates.apple.IMAGES`.
        picture: From `open_picture`.
        style: Style key ("eventTicket"): its strip is lower.
        fit: `contain` (pad) or `cover` (crop), instead of what suits the kind.
        focus: Point to keep when cropping, (0, 0) top left to (1, 1); the centre by default.
        background: Fills what is clear or padded; by default it stays clear.
        scales: 1, 2, 3.

    Returns:
        File name to PNG: `logo.png`, `logo@2x.png`, `logo@3x.png`.

    Raises:
        UsageError: Apple has no such picture.
        PictureError: An SVG too long and thin to be drawn there.
    """
    targets = tuple(apple_target(kind, scale, style=style, fit=fit) for scale in scales)
    names = (f"{kind}.png" if scale == 1 else f"{kind}@{scale}x.png" for scale in scales)
    return dict(zip(names, _make(picture, targets, focus, background), strict=True))


def google_image(
    kind: str,
    picture: Picture,
    *,
    fit: Fit | None = None,
    focus: tuple[float, float] | None = None,
    background: Color | None = None,
) -> bytes:
    """
    Make one picture of a Google pass.

    logo: 660 x 660, never masked; the drawing keeps a margin of 15 %, so that Google's circle cuts nothing. A photo
    (opaque, its corners differ) fills the square instead. wide_logo: padded to 1280 x 400. hero: filled and cropped
    to 1032 x 336. image_module: 1860 wide. above_barcode: 80 high.

    Args:
        kind: A name of `walletpass.templates.google.IMAGES`.
        picture, fit, focus, background: As for `apple_files`.

    Returns:
        A PNG.

    Raises:
        UsageError: Google has no such picture.
        PictureError: An SVG too long and thin to be drawn there.
    """
    target = google_target(kind, fit=fit or google_fit(kind, picture))
    return _make(picture, (target,), focus, background)[0]


def google_fit(kind: str, picture: Picture) -> Fit | None:
    """`cover` for a logo that is a photo: a margin around it would look like a mistake."""
    from walletpass.pictures.look import look_of

    look = look_of(picture)
    return "cover" if kind == "logo" and look.opaque and look.edge is None else None


def placement_of(picture: Picture, target: Target, focus: tuple[float, float] | None) -> Placement:
    """Where the picture goes, its border trimmed as the target wants."""
    from walletpass.pictures.look import look_of
    from walletpass.pictures.placement import WHOLE

    drawn = WHOLE
    if target.trim:
        look = look_of(picture)
        # A border of one colour goes only where the same colour is padded again.
        drawn = look.drawn if target.pad or not look.opaque else WHOLE
    return place(picture.width, picture.height, target, focus=focus or CENTER, drawn=drawn)


def _make(
    picture: Picture, targets: tuple[Target, ...], focus: tuple[float, float] | None, background: Color | None
) -> tuple[bytes, ...]:
    key = (picture.sha256, targets, focus, background)
    made = _made.get(key)
    if made is None:
        from walletpass.pictures.drawing import draw
        from walletpass.pictures.look import look_of

        placements = tuple(placement_of(picture, target, focus) for target in targets)
        made = draw(picture, placements, background or look_of(picture).edge)
        _made.put(key, made, weight=sum(map(len, made)))
    return made
