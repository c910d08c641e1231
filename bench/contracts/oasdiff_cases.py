"""What the cases of the oasdiff corpus are about: by their names, and by the levels that oasdiff documents.

A case is two files: `checker/a` is `checker/a_base.yaml` and `checker/a_revision.yaml`, `a > b` names both. Behind it
stand the checks that it is named for; where a name leaves open which way something changes ("updated"), or on which
side, the files say it. A case without checks is named for the one that it is called like.

A check's level follows from the rule that oasdiff documents: what narrows a request or widens a response is an error,
so is what does both; what cannot be decided is a warning, everything else is information.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How grave oasdiff calls a finding."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


GRAVEST_FIRST: Final = (Level.ERROR, Level.WARNING, Level.INFO)


class Effect(StrEnum):
    """What a change does to what may be written."""

    NARROWS = "narrows"
    WIDENS = "widens"
    REPLACES = "replaces"
    UNDECIDED = "undecided"
    KEEPS = "keeps"


EFFECTS: Final = (
    (Effect.REPLACES, r"(type|const|format|encoding)-changed"),
    (Effect.UNDECIDED, r"(pattern|not|sub-schema|contains|dependent-required)-changed|prefix-items-added"),
    (Effect.UNDECIDED, r"request-(parameter|property)-removed"),
    (Effect.NARROWS, r"became-(required|enum|const|not-nullable)|new-required|(enum-value|branch)-removed"),
    (
        Effect.NARROWS,
        r"(any|one)-of-removed|all-of-added|types-narrowed|media-type-removed|success-status-removed",
    ),
    (
        Effect.NARROWS,
        r"-set$|(max|max-length|max-items)-decreased|(min|min-length|min-items)-increased|pattern-added",
    ),
    (Effect.NARROWS, r"(contains|if|dependent-required|dependent-schemas|property-names)-added"),
    (Effect.NARROWS, r"(pattern-properties|unevaluated-properties|content-schema|schema)-added"),
    (
        Effect.NARROWS,
        r"security-removed|scope-added|removed-(without-deprecation|before-sunset)|body-removed",
    ),
    (Effect.WIDENS, r"became-(optional|nullable)|(any|one)-of-added|types-widened|required-property-removed"),
    (
        Effect.WIDENS,
        r"(max|max-length|max-items)-increased|(min|min-length|min-items)-decreased|pattern-removed",
    ),
    (Effect.WIDENS, r"enum-value-added|all-of-removed|wrapped-in-one-of|became-list|type-generalized"),
)
"""The first that is found in the name of a check decides; what is in none keeps all as it is."""

_LEVELS: Final = {
    Effect.REPLACES: (Level.ERROR, Level.ERROR),
    Effect.UNDECIDED: (Level.WARNING, Level.WARNING),
    Effect.NARROWS: (Level.ERROR, Level.INFO),
    Effect.WIDENS: (Level.INFO, Level.ERROR),
    Effect.KEEPS: (Level.INFO, Level.INFO),
}
"""Of a request and of a response."""

NEGOTIATED: Final = re.compile(r"media-type|status|header-removed")
"""What the client of a response chooses is judged like a request."""


def level(check: str) -> Level:
    """The level of a check, by its name."""
    effect = next((effect for effect, pattern in EFFECTS if re.search(pattern, check)), Effect.KEEPS)
    return _LEVELS[effect][check.startswith("response") and not NEGOTIATED.search(check)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Two files of the corpus, and the checks that they are about."""

    name: str
    old: str
    new: str
    checks: tuple[str, ...]

    @property
    def level(self) -> Level:
        """The gravest of its checks."""
        return min(map(level, self.checks), key=GRAVEST_FIRST.index)


def cases() -> Iterator[Case]:
    """Every case whose intent its name tells."""
    for line in filter(None, map(str.strip, CASES.splitlines())):
        name, _, checks = line.partition(" : ")
        old, _, new = name.strip().partition(" > ")
        if not new:
            old, new = f"{old}_base.yaml", f"{old}_revision.yaml"
        called = name.strip().rpartition("/")[2].replace("_", "-")
        yield Case(name=name.strip(), old=old, new=new, checks=tuple(checks.split()) or (called,))


CASES: Final = """
    additional-properties/base.yaml > additional-properties/revision.yaml : response-property-type-changed
    additional-properties/embedded-base.yaml > additional-properties/embedded-revision.yaml : response-property-type-changed
    checker/add_new_media_type : response-media-type-added
    checker/add_new_media_type_base.yaml > checker/add_new_media_type_params_modified.yaml : response-media-type-params-changed
    checker/additional_properties_traversal : response-required-property-removed
    checker/api_security_added
    checker/api_security_global_added : api-global-security-added
    checker/api_security_updated : api-security-scope-removed
    checker/common_request_parameter_max_items_updated : request-parameter-max-items-increased
    checker/component_security_updated : api-security-component-added
    checker/contains_added : request-body-contains-added response-body-contains-added
    checker/contains_min_max : request-body-contains-changed response-body-contains-changed
    checker/contains_property : request-property-contains-added response-property-contains-added
    checker/contains_property_min_max : request-property-contains-changed response-property-contains-changed
    checker/content_schema : request-property-content-schema-added response-property-content-schema-added
    checker/content_schema_body : request-body-content-schema-added response-body-content-schema-added
    checker/content_schema_prop : request-property-content-schema-added response-property-content-schema-added
    checker/dependent_required : request-body-dependent-required-added response-body-dependent-required-added
    checker/dependent_required_property : request-property-dependent-required-added
    checker/dependent_required_property_changed : request-property-dependent-required-changed
    checker/dependent_schemas : request-body-dependent-schemas-added response-body-dependent-schemas-added
    checker/dependent_schemas_prop : request-property-dependent-schemas-added
    checker/exclusive_min_max : request-parameter-exclusive-min-increased request-property-exclusive-max-decreased
    checker/exclusive_min_max_set : request-parameter-exclusive-min-set request-property-exclusive-max-set
    checker/if_added : request-body-if-added response-body-if-added
    checker/if_added_prop : request-property-if-added response-property-if-added
    checker/not : request-body-not-changed
    checker/nullable_type_array_param : request-parameter-became-not-nullable
    checker/nullable_type_array_response : response-property-became-not-nullable
    checker/nullable_wrap : request-property-became-nullable
    checker/nullable_wrap_body : request-body-became-nullable
    checker/nullable_wrap_narrowed : request-property-enum-value-removed
    checker/nullable_wrap_param : request-parameter-became-nullable
    checker/nullable_wrap_response : response-property-became-nullable
    checker/pattern_properties : request-body-pattern-properties-added response-body-pattern-properties-added
    checker/pattern_properties_prop : request-property-pattern-properties-added
    checker/prefix_items_added : request-body-prefix-items-added response-body-prefix-items-added
    checker/prefix_items_prop : request-property-prefix-items-added response-property-prefix-items-added
    checker/property_names : request-body-property-names-added response-body-property-names-added
    checker/property_names_prop : request-property-property-names-added response-property-property-names-added
    checker/request_body_const_changed
    checker/request_body_max_length_set
    checker/request_body_max_set
    checker/request_body_media_type_updated : request-body-media-type-added
    checker/request_body_nullable_31 : request-body-became-nullable response-body-became-nullable
    checker/request_body_removed
    checker/request_param_multitype_to_array_31 : request-parameter-became-list
    checker/request_param_multitype_to_array_31_base.yaml > checker/request_param_multitype_to_array_integer_31_revision.yaml : request-parameter-type-changed
    checker/request_param_multitype_to_array_31_base.yaml > checker/request_param_multitype_to_constrained_array_31_revision.yaml : request-parameter-type-changed
    checker/request_param_nullable_to_array_31 : request-parameter-became-list
    checker/request_param_scalar_to_array_31 : request-parameter-became-list
    checker/request_param_scalar_to_constrained_array_31 : request-parameter-type-changed
    checker/request_parameter_array_max_items : request-parameter-max-items-decreased
    checker/request_parameter_became_enum
    checker/request_parameter_default_value_changed
    checker/request_parameter_default_value_changed_base_renamed.yaml > checker/request_parameter_default_value_changed_revision_renamed.yaml : request-parameter-default-value-changed
    checker/request_parameter_enum_value_updated : request-parameter-enum-value-removed
    checker/request_parameter_extensible_enum : request-parameter-extensible-enum-value-removed
    checker/request_parameter_max_items_updated : request-parameter-max-items-increased
    checker/request_parameter_max_length_set
    checker/request_parameter_max_length_updated : request-parameter-max-length-increased
    checker/request_parameter_max_updated : request-parameter-max-increased
    checker/request_parameter_min_increased
    checker/request_parameter_min_items_increased
    checker/request_parameter_min_length_increased
    checker/request_parameter_pattern_added_or_changed : request-parameter-pattern-removed
    checker/request_parameter_property_enum_value_updated : request-parameter-property-enum-value-removed
    checker/request_property_added : request-property-new-required
    checker/request_property_added_base.yaml > checker/request_property_added_revision2.yaml : request-property-new-required request-property-new-optional
    checker/request_property_added_base.yaml > checker/request_property_added_with_default.yaml : request-property-new-required-with-default
    checker/request_property_all_of_added
    checker/request_property_all_of_annotation_only_added : request-property-annotation-added
    checker/request_property_all_of_annotation_only_added_at_property : request-property-annotation-added
    checker/request_property_all_of_inline_added
    checker/request_property_all_of_removed
    checker/request_property_any_of_added
    checker/request_property_any_of_removed
    checker/request_property_became_nullable
    checker/request_property_became_nullable_31 : request-property-became-nullable response-property-became-nullable
    checker/request_property_discriminator_added
    checker/request_property_discriminator_added_revision.yaml > checker/request_property_discriminator_added_property_name_changed.yaml : request-property-discriminator-name-changed
    checker/request_property_discriminator_added_revision.yaml > checker/request_property_discriminator_mapping_changed.yaml : request-property-discriminator-mapping-changed
    checker/request_property_extensible_enum : request-property-extensible-enum-value-removed
    checker/request_property_max_length_set
    checker/request_property_max_set
    checker/request_property_min_increased
    checker/request_property_min_items_increased
    checker/request_property_one_of_added
    checker/request_property_one_of_removed
    checker/request_property_one_of_wrapped : request-body-wrapped-in-one-of
    checker/request_property_pattern_added_or_changed : request-property-pattern-removed
    checker/request_property_type_changed
    checker/request_property_type_changed_base_array_to_object.yaml > checker/request_property_type_changed_revision_array_to_object.yaml : request-property-type-changed
    checker/request_xml_type_compatible : request-body-type-generalized
    checker/response_min_decreased
    checker/response_optional_property_removed
    checker/response_pattern_added_or_changed : response-property-pattern-changed
    checker/response_property_all_of_added
    checker/response_property_all_of_annotation_only_added : response-property-annotation-added
    checker/response_property_all_of_inline_added
    checker/response_property_all_of_removed : response-property-all-of-dropped
    checker/response_property_any_of_added
    checker/response_property_any_of_complex : response-property-type-changed
    checker/response_property_any_of_removed
    checker/response_property_became_optional
    checker/response_property_const_changed
    checker/response_property_default_value_changed
    checker/response_property_discriminator_added
    checker/response_property_discriminator_added_revision.yaml > checker/response_property_discriminator_added_property_name_changed.yaml : response-property-discriminator-name-changed
    checker/response_property_discriminator_added_revision.yaml > checker/response_property_discriminator_mapping_changed.yaml : response-property-discriminator-mapping-changed
    checker/response_property_one_of_added
    checker/response_property_one_of_removed
    checker/response_property_one_of_wrapped : response-body-wrapped-in-one-of
    checker/response_required_property_added
    checker/response_schema_type_changed
    checker/response_xml_type_compatible : response-body-type-specialised
    checker/sub_schema_added_property : request-property-sub-schema-changed
    checker/sub_schema_traversal : request-property-sub-schema-changed
    checker/unevaluated : request-body-unevaluated-properties-added
    checker/unevaluated_bool : request-body-unevaluated-properties-added
    checker/unevaluated_property : request-property-unevaluated-properties-added
    checker/webhook : webhook-removed-without-deprecation webhook-added
    checker/webhook_operation : webhook-body-required
    common-params/params_in_path.yaml > common-params/params_in_op.yaml : no-change
    deprecation/base.yaml > deprecation/sunset.yaml : api-removed-without-deprecation
    deprecation/base.yaml > deprecation/deprecated-future.yaml : endpoint-deprecated
    deprecation/base.yaml > deprecation/deprecated-no-sunset.yaml : endpoint-deprecated
    deprecation/deprecated-future.yaml > deprecation/base.yaml : endpoint-reactivated
    deprecation/deprecated-future.yaml > deprecation/sunset.yaml : api-removed-before-sunset
    deprecation/deprecated-past.yaml > deprecation/sunset.yaml : api-removed-with-deprecation
    deprecation/deprecated-no-sunset.yaml > deprecation/sunset.yaml : api-removed-with-deprecation
    deprecation/deprecated-path-past.yaml > deprecation/sunset-path.yaml : api-path-removed-with-deprecation
    deprecation/deprecated-path-mixed.yaml > deprecation/sunset-path.yaml : api-path-removed-before-sunset
    deprecation/base-path.yaml > deprecation/sunset-path.yaml : api-path-removed-without-deprecation
    deprecation/base-alpha-stability.yaml > deprecation/sunset.yaml : api-removed-with-alpha-stability
    deprecation/base-draft-stability.yaml > deprecation/sunset.yaml : api-removed-with-draft-stability
    deprecation/base-beta-stability.yaml > deprecation/sunset.yaml : api-removed-without-deprecation
    deprecation/property_base.yaml > deprecation/property_deprecated.yaml : property-deprecated
    deprecation/request_property_deprecation_base.yaml > deprecation/request_property_deprecation_spec.yaml : request-property-deprecated
    deprecation/response_property_deprecation_base.yaml > deprecation/response_property_deprecation_spec.yaml : response-property-deprecated
    enums/request-body-enum.yaml > enums/request-body-enum-revision.yaml : request-body-enum-value-removed
    enums/request-body-no-enum.yaml > enums/request-body-enum.yaml : request-body-became-enum
    enums/request-body-no-enum.yaml > enums/request-body-enum-int.yaml : request-body-became-enum
    enums/request-parameter-no-enum.yaml > enums/request-parameter-enum.yaml : request-parameter-became-enum
    enums/request-parameter-op-no-enum.yaml > enums/request-parameter-op-enum.yaml : request-parameter-became-enum
    enums/request-parameter-property-no-enum.yaml > enums/request-parameter-property-enum.yaml : request-header-property-became-enum
    enums/request-property-no-enum.yaml > enums/request-property-enum.yaml : request-property-became-enum
    enums/response-enum.yaml > enums/response-enum-2.yaml : response-property-enum-value-removed
    enums/response-enum-2.yaml > enums/response-enum.yaml : response-property-enum-value-added
    explode-params/base.yaml > explode-params/exploded.yaml : no-change
    explode-params/partial-base.yaml > explode-params/partial-exploded.yaml : no-change
    extensions/base.yaml > extensions/revision.yaml : extension-changed
    header-case/base.yaml > header-case/revision.yaml : no-change
    list-of-types/body-narrowing-base.yaml > list-of-types/body-narrowing-revision.yaml : request-body-list-of-types-narrowed
    list-of-types/body-test-base.yaml > list-of-types/body-test-revision.yaml : response-body-list-of-types-widened
    list-of-types/list-to-single-base.yaml > list-of-types/list-to-single-revision.yaml : request-property-list-of-types-narrowed
    list-of-types/param-property-base.yaml > list-of-types/param-property-revision.yaml : request-parameter-property-list-of-types-narrowed
    list-of-types/param-test-base.yaml > list-of-types/param-test-revision.yaml : request-parameter-list-of-types-narrowed
    list-of-types/single-to-list-base.yaml > list-of-types/single-to-list-revision.yaml : response-property-list-of-types-widened
    media-type-schema/base.yaml > media-type-schema/revision.yaml : request-body-schema-added response-body-schema-added
    new_endpoints/base.yaml > new_endpoints/revision.yaml : endpoint-added
    new_endpoints/base_with_path_param.yaml > new_endpoints/revision_with_path_param.yaml : endpoint-added
    nullable/base-body.yaml > nullable/revision-body.yaml : response-body-became-nullable
    nullable/base-embedded-property.yaml > nullable/revision-embedded-property.yaml : response-property-became-nullable
    nullable/base-property.yaml > nullable/revision-property.yaml : response-property-became-nullable
    nullable/base-req.yaml > nullable/revision-req.yaml : request-property-became-not-nullable
    openapi31-ref-sibling-base.yaml > openapi31-ref-sibling-revision.yaml : response-property-deprecated
    param-deprecation/base.yaml > param-deprecation/deprecated-future.yaml : request-parameter-deprecated
    param-deprecation/base.yaml > param-deprecation/sunset.yaml : request-parameter-removed
    param-rename/method-base.yaml > param-rename/method-revision.yaml : no-change
    param-rename/one-of-two-base.yaml > param-rename/one-of-two-revision.yaml : no-change
    param-rename/op-base-ref.yaml > param-rename/op-revision-ref.yaml : no-change
    param-rename/op-base.yaml > param-rename/op-revision.yaml : no-change
    param-rename/two-base.yaml > param-rename/two-revision.yaml : no-change
    pattern-base.yaml > pattern-modified.yaml : response-property-pattern-changed
    pattern-base.yaml > pattern-revision.yaml : response-property-pattern-removed
    pattern-base-recursive.yaml > pattern-revision-recursive.yaml : response-property-pattern-removed
    pattern-revision.yaml > pattern-base.yaml : response-property-pattern-added
    pattern-base.yaml > pattern-modified-not-anystring.yaml : response-property-pattern-changed
    pattern-parameter-base.yaml > pattern-parameter-revision.yaml : request-parameter-pattern-removed
    pattern-parameter-revision.yaml > pattern-parameter-base.yaml : request-parameter-pattern-added
    pattern-parameter-base.yaml > pattern-parameter-modified-not-anystring.yaml : request-parameter-pattern-changed
    request-body/base.yaml > request-body/revision.yaml : request-body-media-type-removed
    request_params/base.yaml > request_params/required-request-params.yaml : request-parameter-new-required
    request_params/base.yaml > request_params/optional-request-params.yaml : request-parameter-removed
    required-properties/anyOf1.yaml > required-properties/anyOf2.yaml : request-property-became-required
    required-properties/body1.yaml > required-properties/body2.yaml : request-property-became-required
    required-properties/items1.yaml > required-properties/items2.yaml : request-property-became-required
    required-properties/items1.yaml > required-properties/items3.yaml : request-property-became-required-with-default
    required-properties/nested-property1.yaml > required-properties/nested-property2.yaml : request-property-became-required
    required-properties/read-only-base.yaml > required-properties/read-only-revision.yaml : request-read-only-property-required
    required-properties/read-only-new-base.yaml > required-properties/read-only-new-revision.yaml : request-read-only-property-required
    required-properties/request-base.yaml > required-properties/request-revision.yaml : request-property-became-optional
    required-properties/request-new-base.yaml > required-properties/request-new-revision.yaml : request-property-new-required
    required-properties/request-new-required-prop-base.yaml > required-properties/request-new-required-prop-revision.yaml : request-property-new-required
    required-properties/request-property-items.yaml > required-properties/request-property-items-2.yaml : request-property-removed request-property-new-required
    required-properties/response-allof-base.json > required-properties/response-allof-revision.json : response-required-property-added
    required-properties/response-allof-multi-base.json > required-properties/response-allof-multi-revision.json : response-required-property-added
    required-properties/response-base.json > required-properties/response-revision.json : response-property-became-optional
    required-properties/response-del-required-prop-base.yaml > required-properties/response-del-required-prop-revision.yaml : response-required-property-removed
    required-properties/response-new-base.json > required-properties/response-new-revision.json : response-required-property-added
    required-properties/write-only-base.yaml > required-properties/write-only-revision.yaml : response-write-only-property-optional
    required-properties/write-only-changed-base.yaml > required-properties/write-only-changed-revision.yaml : response-required-property-write-only
    required-properties/write-only-delete-base.yaml > required-properties/write-only-delete-revision.yaml : response-write-only-property-removed
    response-media-type-base.yaml > response-media-type-revision.yaml : response-media-type-removed
    review/samebase/base/svc-a/openapi.yaml > review/samebase/revision/svc-a/openapi.yaml : response-property-type-changed
    review/samebase/base/svc-b/openapi.yaml > review/samebase/revision/svc-b/openapi.yaml : response-property-type-changed
    run_test/breaking_changes_include_checks : response-non-success-code-removed
    run_test/changelog : response-non-success-code-removed
    run_test/changelog_include_checks : response-non-success-code-removed
    security-requirements/or_alternatives.yaml > security-requirements/or_alternatives_scope_added.yaml : api-security-scope-added
    security-requirements/or_alternatives_two.yaml > security-requirements/or_alternatives_two_changed.yaml : api-security-scope-added
    security-requirements/spec_1.yaml > security-requirements/spec_2.yaml : api-security-scope-removed
    servers/baseswagger.json > servers/revisionswagger.json : server-changed
    type-change/base-response.yaml > type-change/revision-response.yaml : response-property-type-changed
    x-of/base.json > x-of/revision.json : response-property-became-optional
    x-of/inline-ref-byte-identical-base.yaml > x-of/inline-ref-byte-identical-revision.yaml : no-change
    x-of/inline-to-ref-refactor-base.yaml > x-of/inline-to-ref-refactor-revision.yaml : no-change
    x-of/anyof-base-openapi.yml > x-of/anyof-rev-openapi.yml : response-body-any-of-added
"""
