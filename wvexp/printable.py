"""Text from data made fit for a terminal; everything that prints goes through here.

A label, a word or a file name may hold codes that move the cursor, rename the window, or turn the
direction of what follows: shown, they are written out, as Python writes them in a string.
"""

import logging
import re

# The controls of ASCII and Latin-1 but for tab and the end of a line, what turns the direction of
# text (Unicode Standard Annex 9), and halves of characters, which no encoding can write.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: object) -> str:
    r"""The text with every code written out, such as `\x1b`; ends of lines and tabs stay."""
    return _UNFIT.sub(lambda code: code[0].encode("unicode_escape").decode("ascii"), str(text))


class PrintableFormatter(logging.Formatter):
    """Formats notes of the log, which hold text from data, one per line."""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(printable(super().format(record)).splitlines())
