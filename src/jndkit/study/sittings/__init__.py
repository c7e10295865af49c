"""The sitting: a page in the viewer's browser, and the server behind it. The extra `study` brings what it stands on.

    page/ -> the guard of server/ -> app -> desk, one thread -> sequence (what is asked next), answers (what was said)

`serving` starts and ends it and tells the experimenter how it goes; `told` is what the page hears of a study, a
sitting and a trial; `display` judges what the check of a display found; `plates` draws what colours are told apart by.
"""
