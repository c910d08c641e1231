"""A sample of rows as applications read them."""

from tests.core.migrations.shapes import UNFOLDING

from tidegate.core.migrations.comparing.comparison import Fit, comparisons
from tidegate.core.migrations.comparing.ranges import Broken
from tidegate.core.migrations.comparing.sampling import Sampled, said, sample, sample_of

(COMPARISON,) = comparisons(UNFOLDING)


def test_it_is_drawn_from_pages_at_random_and_read_through_the_views_of_both_shapes() -> None:
    asked = sample(COMPARISON, 1000, 2_000_000)
    drawn = (
        'SELECT t."id", t."_tidegate_shape" FROM "public"."users" AS t TABLESAMPLE SYSTEM (2.000000) '
        'WHERE t."_tidegate_shape" IS NOT NULL AND random() < 0.050000 LIMIT 1000'
    )
    assert asked.endswith(
        f'FROM ({drawn}) AS t LEFT JOIN "public_first"."users" AS o ON t."id" = o."id" '
        'LEFT JOIN "public_split"."users" AS n ON t."id" = n."id" OFFSET 0) AS r'
    )
    assert f'{COMPARISON.up.name}(o."name")' in asked
    assert f'{COMPARISON.down.name}(n."given", n."family")' in asked
    same = 'ARRAY[o."id"::text, o."note"::text]::text[] IS DISTINCT FROM ARRAY[n."id"::text, n."note"::text]::text[]'
    assert f'{same} AS apart, o."id" IS NULL OR n."id" IS NULL AS absent' in asked


def test_a_small_table_is_read_whole() -> None:
    assert "SYSTEM (100.000000)" in sample(COMPARISON, 1000, 0)
    assert "random() < 1.000000" in sample(COMPARISON, 1000, 0)


def test_an_answer_has_what_is_wrong_in_the_order_of_its_words() -> None:
    fitted = Fit(name="there", expression="first IS NOT NULL")
    words = said(type(COMPARISON)(unfolding=UNFOLDING, reshape=COMPARISON.reshape, fits=(fitted,)))
    assert [each.split(" of ")[0] for each in words] == [
        '"given"',
        '"family"',
        '"slug"',
        '"name"',
        "a column that is the same in both shapes is another in their views",
        "a row",
    ]
    answer = (7, 0, None, 1, [["4"]])
    assert sample_of(answer) == Sampled(
        rows=7, broken=(Broken(rows=0, keys=()), Broken(rows=1, keys=(("4",),)))
    )
