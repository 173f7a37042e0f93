package io.portcullis.loadtest.scenario;

/**
 * The tenant of a scenario.
 *
 * @param policy documents
 */
public record TenantPlan(String defaultAction, String tracking, String policy) {}
