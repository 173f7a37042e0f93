package io.portcullis.api;

import java.util.List;

/**
 * How far the tenants are with the provider's policies.
 *
 * @param count of all tenants
 * @param pending those that have not adopted and realized the revision asked for
 * @param items pending ones first, at most 1,000
 */
public record TenantsRealization(int count, int pending, List<TenantRealization> items) {}
