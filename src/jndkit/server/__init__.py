"""The page and the HTTP service of `jnd serve`. The extra `serve` brings what it stands on.

    request -> guard (who asks, how large, how slow) -> routes, pictures -> desk -> a process of batch/: work -> answers

`serving` starts it, `listening` ends it and watches its connections; `app` puts it together, with the `frame` that
every server of ours has; `desk` holds the jobs, `work` says what they do; `storage` is the one folder that anything is
written to; `problems` says which error is which status.
Nothing here decodes, encodes or reads a picture in the server's own process.
"""
