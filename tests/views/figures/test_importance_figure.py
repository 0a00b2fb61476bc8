from credit_default.views.figures.importance_figure import draw_importance


def test_the_title_names_what_weighs_most():
    figure = draw_importance({"credit_limit": 0.6, "age": 0.4})

    assert figure.get_suptitle() == "“credit limit” weighs most: 60% of the model"
