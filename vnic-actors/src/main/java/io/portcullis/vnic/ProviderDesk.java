package io.portcullis.vnic;

import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;

/**
 * Gives the provider's policies to all tenants, and knows how far each of them is. A change is told to the tenants that do not have it, {@link #MAX_UNDER_WAY} at a
 * time; each then asks for the policies themselves, and says how far it is. That is kept in memory only: after a start every registered
 * tenant counts as pending until it has spoken. Belongs to the {@link TenantPolicy} of the provider, on its thread.
 */
final class ProviderDesk implements RealizationAnswers.Progress {
    /** Tenants that are told of a change and have not taken it yet; others wait for their turn. */
    static final int MAX_UNDER_WAY = 64;
    /** Tenants that an answer lists; all are counted. */
    static final int MAX_LISTED = 1_000;
    /** Who says nothing for so long may be anywhere. */
    static final Duration SILENCE = ProviderLink.ASK_EVERY.multipliedBy(3);

    static final Refused SILENT_REGISTRY = new Refused(
            RefusalCode.TIMEOUT,
            "the registry did not say in time which tenants there are, so nobody knows which of them lag; try again");

    private record Heard(TenantAdoption adoption, Instant at) {}

    private final ActorContext<TenantCommand> context;
    private final RecipientRef<RegistryCommand> registry;
    private final Function<TenantId, RecipientRef<TenantCommand>> tenants;
    private final Clock clock;
    private final Parcels parcels;
    private final RealizationAnswers answers;

    private final Map<TenantId, Heard> heard = new HashMap<>();
    private final Set<TenantId> registered = new HashSet<>();
    /** Who is not known to have realized what is published now. */
    private final Set<TenantId> pending = new HashSet<>();

    private final Deque<TenantId> toTell = new ArrayDeque<>();
    private final Set<TenantId> underWay = new HashSet<>();

    private ProviderPolicies published = ProviderPolicies.NONE;
    private Instant publishedAt;
    private long revision;

    ProviderDesk(
            ActorContext<TenantCommand> context,
            RecipientRef<RegistryCommand> registry,
            Function<TenantId, RecipientRef<TenantCommand>> tenants,
            Clock clock) {
        this.context = context;
        this.registry = registry;
        this.tenants = tenants;
        this.clock = clock;
        this.parcels = Parcels.get(context.getSystem());
        this.publishedAt = clock.instant();
        this.answers = new RealizationAnswers(context, this);
    }

    /** Who asks how far the tenants are. */
    RealizationAnswers answers() {
        return answers;
    }

    void onCommand(TenantCommand.ToProvider command) {
        switch (command) {
            case TenantCommand.AskProvider ask -> onAsk(ask);
            case TenantCommand.LeaveProvider left -> onLeave(left);
            case TenantCommand.TenantsListed listed -> onListed(listed);
        }
        answers.answerRealized();
    }

    // ---- what is published

    /** The provider's model has this revision now; also after a recovery. */
    void update(TenantState state) {
        TenantModel model = state.model();
        revision = state.revision();
        long since = publishedSince(state);
        if (model == null || since == published.revision()) {
            return;
        }
        ProviderPolicies now = ProviderPolicies.of(model);
        published = new ProviderPolicies(since, now.groups(), now.services(), now.policies());
        publishedAt = clock.instant();
        pending.addAll(everyone());
        list(null);
    }

    /** The newest revision that changed what tenants get: neither the time nor what is staged does. */
    private static long publishedSince(TenantState state) {
        for (PastRevision past : state.history().revisions().reversed()) {
            if (past.undo().stream().anyMatch(ProviderDesk::isPublished)) {
                return past.revision();
            }
        }
        return state.history().oldest(state.revision());
    }

    private static boolean isPublished(ModelEdit edit) {
        return edit instanceof ModelEdit.PutPolicy
                || edit instanceof ModelEdit.RemovePolicy
                || edit instanceof ModelEdit.PutGroup
                || edit instanceof ModelEdit.RemoveGroup
                || edit instanceof ModelEdit.PutService
                || edit instanceof ModelEdit.RemoveService;
    }

    private void onAsk(TenantCommand.AskProvider ask) {
        TenantAdoption adoption = ask.state();
        if (adoption == null) {
            // it is about to be created with what it gets now, and is told of what is published until then
            adoption = TenantAdoption.unheard(ask.tenant(), clock.instant(), "it is being created");
        }
        heard.put(ask.tenant(), new Heard(adoption, clock.instant()));
        judge(ask.tenant());
        if (ask.known() >= published.revision()) {
            underWay.remove(ask.tenant());
            ask.replyTo().tell(new TenantReply.ProviderUnchanged(published.revision()));
        } else {
            new TenantReply.Provider(published).tellTo(ask.replyTo(), parcels);
        }
        tellNext();
    }

    private void onLeave(TenantCommand.LeaveProvider left) {
        heard.remove(left.tenant());
        registered.remove(left.tenant());
        forget(left.tenant());
    }

    private void forget(TenantId tenant) {
        pending.remove(tenant);
        underWay.remove(tenant);
    }

    // ---- telling

    /** Every {@link ProviderLink#ASK_EVERY}: who is silent or behind is told again. */
    void review() {
        list(null);
    }

    /**
     * Asks which tenants there are. Comes back as {@link TenantCommand.TenantsListed}.
     *
     * @param waiting who wants to know how far they are
     */
    void list(TenantCommand.@Nullable GetRealization waiting) {
        CompletionStage<RegistryCommand.Names> names = AskPattern.ask(
                registry,
                RegistryCommand.ListTenants::new,
                TenantVlans.REGISTRY_TIMEOUT,
                context.getSystem().scheduler());
        context.pipeToSelf(
                names.thenCompose(answer -> answer.whole(parcels)),
                (listed, _) -> new TenantCommand.TenantsListed(waiting, listed));
    }

    private void onListed(TenantCommand.TenantsListed listed) {
        RegistryCommand.Tenants names = listed.tenants();
        if (names != null) {
            registered.clear();
            names.names().stream()
                    .map(TenantId::new)
                    .filter(tenant -> !tenant.equals(TenantId.PROVIDER))
                    .forEach(registered::add);
            heard.keySet().removeIf(tenant -> !registered.contains(tenant) && isSilent(tenant));
        }
        Set<TenantId> everyone = everyone();
        pending.retainAll(everyone);
        everyone.forEach(this::judge);
        TenantCommand.GetRealization waiting = listed.waiting();
        if (waiting == null) {
            underWay.clear();
            toTell.clear();
            everyone.stream().filter(this::isToBeTold).forEach(toTell::add);
            tellNext();
        } else if (names == null) {
            waiting.replyTo().tell(SILENT_REGISTRY);
        } else {
            answers.onGet(waiting);
        }
    }

    private Set<TenantId> everyone() {
        Set<TenantId> everyone = new HashSet<>(registered);
        everyone.addAll(heard.keySet());
        return everyone;
    }

    private void tellNext() {
        while (underWay.size() < MAX_UNDER_WAY) {
            TenantId next = toTell.poll();
            if (next == null) {
                return;
            }
            if (isToBeTold(next)) {
                underWay.add(next);
                tenants.apply(next).tell(new TenantCommand.ProviderChanged(published.revision()));
            }
        }
    }

    private boolean isToBeTold(TenantId tenant) {
        Heard last = heard.get(tenant);
        return last == null || isSilent(tenant) || last.adoption().adopted() < published.revision();
    }

    // ---- how far they are

    private boolean isSilent(TenantId tenant) {
        Heard last = heard.get(tenant);
        return last == null || last.at().plus(SILENCE).isBefore(clock.instant());
    }

    private void judge(TenantId tenant) {
        if (hasRealized(tenant, published.revision())) {
            pending.remove(tenant);
        } else {
            pending.add(tenant);
        }
    }

    private boolean hasRealized(TenantId tenant, long wanted) {
        Heard last = heard.get(tenant);
        return last != null
                && last.adoption().realized()
                && last.adoption().adopted() >= wanted
                && last.adoption().adopted() <= revision
                && !isSilent(tenant);
    }

    @Override
    public long revision() {
        return revision;
    }

    /** Whether every tenant has adopted what was published at that revision, or later, and has that in force at all its vNICs. */
    @Override
    public boolean isRealized(long asked) {
        long wanted = Math.min(asked, published.revision());
        return asked <= revision && pending.stream().allMatch(tenant -> hasRealized(tenant, wanted));
    }

    @Override
    public void answer(TenantCommand.GetRealization get) {
        Long asked = get.revision();
        long wanted = Math.min(asked == null ? revision : asked, published.revision());
        Set<TenantId> everyone = everyone();
        Set<TenantId> behind = new HashSet<>(pending);
        behind.removeIf(tenant -> hasRealized(tenant, wanted));
        List<TenantAdoption> listed = everyone.stream()
                .sorted(Comparator.comparing((TenantId tenant) -> !behind.contains(tenant))
                        .thenComparing(TenantId::value))
                .limit(MAX_LISTED)
                .map(tenant -> adoption(tenant, behind.contains(tenant)))
                .toList();
        new TenantReply.Adoptions(revision, everyone.size(), behind.size(), listed).tellTo(get.replyTo(), parcels);
    }

    private TenantAdoption adoption(TenantId tenant, boolean isBehind) {
        Heard last = heard.get(tenant);
        if (last == null) {
            return TenantAdoption.unheard(tenant, publishedAt, "it has not said yet how far it is");
        }
        TenantAdoption adoption = last.adoption();
        if (!isBehind) {
            return adoption;
        }
        if (isSilent(tenant)) {
            return adoption.pending(last.at(), "it has said nothing since " + last.at());
        }
        if (adoption.adopted() > revision) {
            return adoption.pending(publishedAt, "it has a revision of the provider that is still to come");
        }
        return adoption.adopted() < published.revision()
                ? adoption.pending(publishedAt, adoption.problem())
                : adoption.pending(adoption.pendingSince(), adoption.problem());
    }
}
