"""
Pictures in: one source picture becomes every file each wallet wants.

    picture = open_picture(data, name="logo.svg")
    apple_files("logo", picture)      # logo.png, logo@2x.png, logo@3x.png
    google_image("logo", picture)     # one PNG, 660 x 660
    picture_findings("apple", "logo", picture)

docs/pictures.md has the sizes and the rules for cropping and padding.
"""

from walletpass.pictures.files import apple_files, google_image
from walletpass.pictures.loss import picture_findings
from walletpass.pictures.placement import Fit
from walletpass.pictures.source import Picture, open_picture
from walletpass.pictures.urls import PictureUrls, hashed_name, url_prefix

__all__ = [
    "Fit",
    "Picture",
    "PictureUrls",
    "apple_files",
    "google_image",
    "hashed_name",
    "open_picture",
    "picture_findings",
    "url_prefix",
]
