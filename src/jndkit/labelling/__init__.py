"""Labels: how visible every picture x codec x setting is, as a table to train predictors with and to study.

`work` says what is asked of every picture and does it, one picture at a time; `file` keeps the table, in CSV, and knows
what is still lacking; `corpus` labels any number of pictures in any place. The command is `jnd label`;
`docs/reference/labels.md` describes the columns.
"""
