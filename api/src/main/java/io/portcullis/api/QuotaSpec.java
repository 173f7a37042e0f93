package io.portcullis.api;

import java.util.Map;

/**
 * What a tenant may have at most.
 *
 * @param limits by {@code vms}, {@code vnics}, {@code segments}, {@code groups}, {@code services}, {@code policies}, {@code rules}, {@code members}; what is not
 *     in it has no limit but those that hold for every tenant
 */
public record QuotaSpec(Map<String, Integer> limits) {}
