package io.portcullis.policy.compile;

import io.portcullis.policy.Action;

/** What was decided and by which rule ({@code policy/rule}, or {@code default}). */
record Verdict(Action action, String rule, long ruleId) {}
