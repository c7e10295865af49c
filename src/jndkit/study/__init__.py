"""Asking people: a plan, sittings in the browser, and what the answers say.

    make -> Plan -> sequence -> Trial -> (a viewer) -> Answer -> answers.sqlite -> screening -> fit -> protocol, labels

`plan` is what was decided before the first answer, `trials` a question and its answer, `answers` the file of them,
`sequence` what is asked next, `methods` the ways of asking. `sittings` is the page and its HTTP interface.
"""
