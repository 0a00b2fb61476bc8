"""The folders of the lake: layout, snapshots, inbox, fallback champion, published reports."""
