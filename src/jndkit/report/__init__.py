"""Pages to look at: what became of many pictures, and one pair closely. Each is one HTML file that needs no other.

    rows -> entries (believed in nothing) -> tally -> sections, listing, pictures -> page
    Comparison -> pair -> page

The look itself (split, flip, side by side, difference) is the module `assets/look.js`; it knows of no page around it.
"""

from jndkit.report.overview import report, report_of, report_of_ledger
from jndkit.report.page import check_page, write_page
from jndkit.report.pair import pair_page

__all__ = ["check_page", "pair_page", "report", "report_of", "report_of_ledger", "write_page"]
