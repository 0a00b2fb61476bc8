"""Size and power of every test, gate and alarm: worlds without and with a planted defect, and how often each rings."""
