"""One image file: its format, pixels, EXIF, hashes, colours. No table is read or written here."""
