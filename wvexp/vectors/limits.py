"""How large the parts of a vector file may grow before it is refused."""

from dataclasses import dataclass

from wvexp.vectors.checks import refuse

# Defaults of `embed.max_line_mb` (2**20 bytes) and `embed.max_file_gb` (10**9 bytes).
MAX_LINE_MB, MAX_FILE_GB = 4, 64


@dataclass(frozen=True)
class Limits:
    """Bounds in bytes, from `embed.max_line_mb` and `embed.max_file_gb`.

    line  a line of text, or a row of binary
    file  the whole file, unpacked
    """

    line: int = MAX_LINE_MB << 20
    file: int = MAX_FILE_GB * 10**9

    @classmethod
    def of(cls, max_line_mb: int, max_file_gb: int) -> "Limits":
        """The bounds for 2**20 bytes per line and 10**9 bytes per file, as the keys count them."""
        return cls(max_line_mb << 20, max_file_gb * 10**9)

    def require_width(self, name: str, dim: int) -> None:
        """Refuse rows of `dim` float32 that are longer than a line may be."""
        if 4 * dim > self.line:
            problem = f"{dim:,} dimensions, {4 * dim:,} bytes per row"
            raise refuse(name, "", problem, self.line_remedy)

    @property
    def line_remedy(self) -> str:
        return f"if that is right, raise embed.max_line_mb (now {self.line >> 20})"

    @property
    def file_remedy(self) -> str:
        return f"if that is right, raise embed.max_file_gb (now {self.file // 10**9})"


DEFAULT_LIMITS = Limits()
# For a file that training has read before, under whatever limits its user then chose.
ACCEPTED = Limits(line=1 << 30, file=1 << 62)
