package io.portcullis.policy;

/**
 * Where a rule stands in the order of evaluation, first to last: who wrote it, and its category. In each the first rule that matches
 * decides, and PASS leads on to the next; the tenant's default comes after the last.
 *
 * <p>Frames come first: what the provider's rules on frames let through, the tenant's judge too. Of connections the provider's rules
 * decide in all categories before the tenant's are asked.
 */
public enum Stage {
    /** The provider's {@link Category#ETHERNET}: DROP and REJECT are final, ALLOW and PASS hand the frame on to the tenant's. */
    PROVIDER_ETHERNET(Tier.PROVIDER, Category.ETHERNET),
    /** The tenant's {@link Category#ETHERNET}. */
    ETHERNET(Tier.TENANT, Category.ETHERNET),
    /** The provider's {@link Category#EMERGENCY}. */
    PROVIDER_EMERGENCY(Tier.PROVIDER, Category.EMERGENCY),
    /** The provider's {@link Category#INFRASTRUCTURE}. */
    PROVIDER_INFRASTRUCTURE(Tier.PROVIDER, Category.INFRASTRUCTURE),
    /** The provider's {@link Category#ENVIRONMENT}. */
    PROVIDER_ENVIRONMENT(Tier.PROVIDER, Category.ENVIRONMENT),
    /** The provider's {@link Category#APPLICATION}. */
    PROVIDER_APPLICATION(Tier.PROVIDER, Category.APPLICATION),
    /** The tenant's {@link Category#EMERGENCY}, quarantine among it. */
    EMERGENCY(Tier.TENANT, Category.EMERGENCY),
    /** The tenant's {@link Category#INFRASTRUCTURE}. */
    INFRASTRUCTURE(Tier.TENANT, Category.INFRASTRUCTURE),
    /** The tenant's {@link Category#ENVIRONMENT}. */
    ENVIRONMENT(Tier.TENANT, Category.ENVIRONMENT),
    /** The tenant's {@link Category#APPLICATION}. */
    APPLICATION(Tier.TENANT, Category.APPLICATION);

    private final Tier tier;
    private final Category category;

    Stage(Tier tier, Category category) {
        this.tier = tier;
        this.category = category;
    }

    public static Stage of(Tier tier, Category category) {
        return switch (tier) {
            case PROVIDER ->
                switch (category) {
                    case ETHERNET -> PROVIDER_ETHERNET;
                    case EMERGENCY -> PROVIDER_EMERGENCY;
                    case INFRASTRUCTURE -> PROVIDER_INFRASTRUCTURE;
                    case ENVIRONMENT -> PROVIDER_ENVIRONMENT;
                    case APPLICATION -> PROVIDER_APPLICATION;
                };
            case TENANT ->
                switch (category) {
                    case ETHERNET -> ETHERNET;
                    case EMERGENCY -> EMERGENCY;
                    case INFRASTRUCTURE -> INFRASTRUCTURE;
                    case ENVIRONMENT -> ENVIRONMENT;
                    case APPLICATION -> APPLICATION;
                };
        };
    }

    public Tier tier() {
        return tier;
    }

    public Category category() {
        return category;
    }
}
