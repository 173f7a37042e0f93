package io.portcullis.vnic;

import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.Problem;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.parcel.Parcel;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * How a tenant gets the provider's policies: it asks for newer ones before it is created, after each recovery, when it is told that there are some, and
 * every {@link #ASK_EVERY}, so that nothing that was lost stays lost. With each question it says how far it is. One question is under way at a time.
 * Belongs to {@link TenantPolicy}, on its thread.
 */
final class ProviderLink {
    static final Duration ASK_EVERY = Duration.ofSeconds(15);
    /** Longest wait for the provider's answer. */
    static final Duration ASK_TIMEOUT = Duration.ofSeconds(5);

    static final Refused SILENT_PROVIDER = new Refused(
            RefusalCode.TIMEOUT,
            "the provider's policies could not be read in time, and no tenant may be without them; nothing was changed,"
                    + " try again");

    private final ActorContext<TenantCommand> context;
    private final TenantId tenant;
    private final Function<TenantId, RecipientRef<TenantCommand>> tenants;
    private final Parcels parcels;
    private final HostSubscriptions subscriptions;
    private final RuleBook book;

    /** Revision of the tenant that brought the provider's policies, or a later one. */
    private long ownRevision;

    private boolean asking;
    /** Something has changed since the question that is under way. */
    private boolean again;
    /** Whether the provider was told that what was adopted is realized. */
    private boolean saidRealized;

    private @Nullable String problem;

    ProviderLink(
            ActorContext<TenantCommand> context,
            TenantId tenant,
            Function<TenantId, RecipientRef<TenantCommand>> tenants,
            HostSubscriptions subscriptions,
            RuleBook book) {
        this.context = context;
        this.tenant = tenant;
        this.tenants = tenants;
        this.parcels = Parcels.get(context.getSystem());
        this.subscriptions = subscriptions;
        this.book = book;
    }

    /** The tenant's actor begins, again. */
    void recovered(@Nullable TenantModel model) {
        asking = false;
        again = false;
        saidRealized = false;
        problem = null;
        if (model != null) {
            ownRevision = model.revision();
            ask(model);
        }
    }

    /** Asks on behalf of a tenant that is to be created. Comes back as {@link TenantCommand.ProviderAnswered}. */
    void askFor(TenantCommand.PutTenant put) {
        send(put, 0, null);
    }

    /** Says how far the tenant is and asks for what is newer. Comes back as {@link TenantCommand.ProviderAnswered}. */
    void ask(TenantModel model) {
        if (asking) {
            again = true;
            return;
        }
        asking = true;
        TenantAdoption state = state(model);
        saidRealized = state.realized();
        send(null, state.adopted(), state);
    }

    private void send(TenantCommand.@Nullable PutTenant put, long known, @Nullable TenantAdoption state) {
        context.ask(
                TenantReply.class,
                tenants.apply(TenantId.PROVIDER),
                ASK_TIMEOUT,
                me -> new TenantCommand.AskProvider(tenant, known, state, me),
                (reply, _) -> new TenantCommand.ProviderAnswered(put, reply));
    }

    /** Whether the answer itself is still to be fetched; then it comes once more. */
    boolean isToBeFetched(TenantCommand.ProviderAnswered answered) {
        if (answered.reply() instanceof TenantReply.InPieces(Parcel parcel)) {
            context.pipeToSelf(
                    parcels.fetch(parcel),
                    (arrived, _) -> new TenantCommand.ProviderAnswered(
                            answered.put(), arrived instanceof TenantReply reply ? reply : null));
            return true;
        }
        return false;
    }

    /**
     * A question of a tenant that exists was answered, or in vain.
     *
     * @param model as it is after the answer was made use of
     */
    void answered(@Nullable TenantModel model) {
        asking = false;
        if (again && model != null) {
            again = false;
            ask(model);
        }
    }

    /** These problems are why the policies that the provider has now are not the tenant's. */
    void refused(long revision, List<Problem> problems) {
        String why = "revision " + revision + " of the provider is refused: " + problems.getFirst();
        if (!why.equals(problem)) {
            context.getLog().error("tenant {}: {}", tenant, why);
            problem = why;
            again = true;
        }
    }

    /** The tenant has got this revision by the provider's policies. */
    void adopted(TenantModel model) {
        ownRevision = model.revision();
        problem = null;
        again = true;
    }

    /** Hosts have said something new. */
    void onProgress(@Nullable TenantModel model) {
        if (model != null && !saidRealized && problem == null && isRealized()) {
            ask(model);
        }
    }

    /** The tenant is deleted, or was not made. */
    void leave() {
        tenants.apply(TenantId.PROVIDER).tell(new TenantCommand.LeaveProvider(tenant));
    }

    private boolean isRealized() {
        return subscriptions.arePlacementsKnown() && subscriptions.isRealized(ownRevision, book);
    }

    private TenantAdoption state(TenantModel model) {
        boolean realized = isRealized();
        return new TenantAdoption(
                tenant,
                model.provider().revision(),
                ownRevision,
                realized && problem == null,
                realized ? null : subscriptions.pendingSince(ownRevision, book),
                realized ? List.of() : subscriptions.lagging(ownRevision, book, TenantAdoption.MAX_HOSTS),
                problem);
    }
}
