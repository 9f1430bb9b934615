"""Zhixing (知行): a vocational college's school–enterprise cooperation, clause by clause."""
