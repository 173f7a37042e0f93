package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A security policy: ordered rules in a category.
 *
 * @param category {@code ETHERNET}, {@code EMERGENCY}, {@code INFRASTRUCTURE}, {@code ENVIRONMENT} or {@code APPLICATION}, evaluated in this order
 * @param sequence order within the category, lowest first; default 100
 * @param appliedTo groups whose vNICs get the rules; none means all vNICs of the tenant
 * @param enabled default yes
 * @param schedule when it is active; default always
 * @param stateful default yes; if not, rules judge each packet by itself, and answers need rules of their own
 * @param tcpStrict whether a TCP connection must begin with a SYN; default as the tenant tracks
 * @param lock why nobody may change or delete the policy; it is unlocked by the same document without this field
 */
public record PolicySpec(
        String category,
        @Nullable Integer sequence,
        @Nullable List<String> appliedTo,
        @Nullable Boolean enabled,
        @Nullable String description,
        @Nullable String lock,
        @Nullable ScheduleSpec schedule,
        @Nullable Boolean stateful,
        @Nullable Boolean tcpStrict,
        List<RuleSpec> rules) {}
