package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;

/**
 * One tenant: its inventory, groups, services and policies, and which host has which of the rule tables that follow from them. The
 * one place where anything that changes verdicts is numbered.
 *
 * <p>The model is event-sourced. What hosts have is not: they say it again every few seconds, and whatever differs is sent to them
 * at once. So nothing that was lost on the way, here or there, stays lost. A change is pushed in the moment in which it is
 * journaled, to those hosts whose vNICs it concerns.
 *
 * <p>Which policies are active and which rules have expired is so as of the model's {@link TenantModel#time time}. When it is no longer so, the tenant
 * journals a revision of its own that sets the time ({@link ModelEdit.SetClock}), once however much it missed; an edit that comes first sets it along
 * ({@link TenantClock}). So verdicts follow from the revision alone, a replay needs no clock, and the time never goes back.
 *
 * <p>A tenant has the provider's policies above its own. It is created only with those that there are then, and adopts newer ones as revisions of its own
 * ({@link ProviderLink}); without an answer of the provider no tenant is created. The provider is one of these actors too, always there, without VMs and segments;
 * it gives its policies to the others ({@link ProviderDesk}).
 *
 * <p>What becomes of an edit: {@link TenantEditing}; how a tenant begins and ends: {@link TenantLifecycle}.
 */
public final class TenantPolicy extends EventSourcedBehavior<TenantCommand, TenantEvent, TenantState> {
    public static final EntityTypeKey<TenantCommand> TYPE_KEY =
            EntityTypeKey.create(TenantCommand.class, "tenant-policy");

    /** A host that did not subscribe for so long gets nothing any more, and its vNICs count as not realized. */
    public static final Duration SUBSCRIPTION_TTL = Duration.ofSeconds(15);

    /** Who is said to have made the revisions that adopt the provider's policies. */
    static final String PROVIDER = TenantId.PROVIDER.value();

    /** The journal and the store then have the last {@code 2 * SnapshotPace.EVERY_EVENTS} events, at most. */
    private static final int SNAPSHOTS_KEPT = 2;

    private final ActorContext<TenantCommand> context;
    private final TenantId tenant;
    private final RecipientRef<RegistryCommand> registry;
    private final RuleBook book;
    private final TenantClock time;
    private final HostSubscriptions subscriptions;
    private final TenantPlacements placements;
    private final TenantDiscovery discovery;
    private final RealizationAnswers realization;
    private final TenantVlans vlans;
    private final TenantEditing editing;
    private final TenantLifecycle lifecycle;
    private final ProviderLink link;
    /** Of the provider only. */
    private final @Nullable ProviderDesk desk;

    private final RecentEdits recent =
            new RecentEdits(ThreadLocalRandom.current().nextLong());
    private final Parcels parcels;
    private final SnapshotPace snapshots = new SnapshotPace();
    /**
     * A tenant.
     *
     * @param tenants finds the others, the provider among them
     * @param registry told of the tenant when it is created, deleted and recovered
     * @param directory which host has which of its VMs, asked about hosts that do not say it
     * @param compiler shared by the tenants of a node, as it shares equal tables
     */
    public static Behavior<TenantCommand> create(
            TenantId tenant,
            Function<TenantId, RecipientRef<TenantCommand>> tenants,
            RecipientRef<RegistryCommand> registry,
            PlacementDirectory directory,
            PolicyCompiler compiler,
            Clock clock) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(new TenantCommand.ReviewHosts(), SUBSCRIPTION_TTL.dividedBy(3));
            timers.startTimerWithFixedDelay(new TenantCommand.ReviewProvider(), ProviderLink.ASK_EVERY);
            return new TenantPolicy(context, timers, tenant, tenants, registry, directory, compiler, clock);
        }));
    }

    private TenantPolicy(
            ActorContext<TenantCommand> context,
            TimerScheduler<TenantCommand> timers,
            TenantId tenant,
            Function<TenantId, RecipientRef<TenantCommand>> tenants,
            RecipientRef<RegistryCommand> registry,
            PlacementDirectory directory,
            PolicyCompiler compiler,
            Clock clock) {
        super(
                PersistenceId.of(TYPE_KEY.name(), tenant.value()),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.1));
        this.context = context;
        this.tenant = tenant;
        this.registry = registry;
        this.book = new RuleBook(compiler);
        this.time = new TenantClock(clock, timers, book);
        this.parcels = Parcels.get(context.getSystem());
        this.subscriptions = new HostSubscriptions(tenant, clock, parcels);
        this.desk = tenant.equals(TenantId.PROVIDER) ? new ProviderDesk(context, registry, tenants, clock) : null;
        this.link = new ProviderLink(context, tenant, tenants, subscriptions, book);
        this.realization = desk == null
                ? new RealizationAnswers(context, new VnicProgress(book, subscriptions, parcels))
                : desk.answers();
        this.placements = new TenantPlacements(context, tenant, directory, subscriptions, realization::onGet);
        this.vlans = new TenantVlans(context, tenant, registry);
        this.discovery = new TenantDiscovery(context, clock.millis());
        this.editing = new TenantEditing(
                Effect(),
                clock,
                time,
                book,
                vlans,
                discovery,
                parcels,
                context.getExecutionContext(),
                this::distribute);
        this.lifecycle =
                new TenantLifecycle(Effect(), context, tenant, registry, clock, time, editing, link, this::distribute);
    }

    @Override
    public TenantState emptyState() {
        return TenantState.empty(tenant);
    }

    @Override
    public EventHandler<TenantState, TenantEvent> eventHandler() {
        return this::after;
    }

    private TenantState after(TenantState state, TenantEvent event) {
        snapshots.count(event);
        if (event instanceof TenantEvent.TenantEdited edited) {
            recent.add(edited.revision(), edited.edits());
        }
        return editing.after(state, event);
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(SnapshotPace.EVERY_EVENTS, SNAPSHOTS_KEPT)
                .withDeleteEventsOnSnapshot();
    }

    @Override
    public boolean shouldSnapshot(TenantState state, TenantEvent event, long sequenceNumber) {
        return snapshots.isDue(state.model(), sequenceNumber);
    }

    @Override
    public SignalHandler<TenantState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), this::onRecovered)
                .build();
    }

    private void onRecovered(TenantState state) {
        editing.recovered();
        lifecycle.recovered();
        discovery.recovered();
        recent.clear();
        book.update(state.model(), state.revision());
        time.await();
        placements.review();
        if (desk != null) {
            desk.update(state);
            desk.review();
            return;
        }
        link.recovered(state.model());
        if (state.model() != null) {
            registry.tell(
                    new RegistryCommand.AddTenant(tenant, context.getSystem().ignoreRef()));
            vlans.keep(state.model());
        }
    }

    @Override
    public CommandHandler<TenantCommand, TenantEvent, TenantState> commandHandler() {
        return this::onCommand;
    }

    private Effect<TenantEvent, TenantState> onCommand(TenantState state, TenantCommand command) {
        boolean changes = command instanceof TenantCommand.PutTenant
                || command instanceof TenantCommand.DeleteTenant
                || command instanceof TenantCommand.RecordDiscovered
                || command instanceof TenantCommand.Edit
                || command instanceof TenantCommand.CheckClock
                || (command instanceof TenantCommand.Arrived(var sent) && sent instanceof TenantCommand.Edit);
        if (changes && (editing.isWaiting() || lifecycle.isCreating())) {
            return Effect().stash();
        }
        return switch (command) {
            case TenantCommand.PutTenant put -> lifecycle.onPut(state, put);
            case TenantCommand.DeleteTenant delete -> lifecycle.onDelete(state, delete);
            case TenantCommand.Edit edit -> editing.onEdit(state, edit);
            case TenantCommand.CheckEdit check -> editing.onCheckEdit(state, check);
            case TenantCommand.GetModel get -> answer(state, get, model -> recent.replyTo(get, model));
            case TenantCommand.GetModelAt get ->
                answer(state, get, model -> state.history().replyTo(get, model, recent));
            case TenantCommand.GetHistory get ->
                answer(state, get, model -> state.history().replyTo(get, model));
            case TenantCommand.GetRuleTables get -> answer(state, get, model -> book.rules(get.vnics()));
            case TenantCommand.GetAssignments get -> answer(state, get, model -> book.assignments(get.vnics()));
            case TenantCommand.GetLabels get -> answer(state, get, model -> TenantReply.Labels.of(model, get.scope()));
            case TenantCommand.GetRealization get -> onGetRealization(state, get);
            case TenantCommand.RealizationOverdue overdue -> {
                realization.onOverdue(overdue);
                yield Effect().none();
            }
            case TenantCommand.InPieces pieces -> {
                context.pipeToSelf(parcels.fetch(pieces.command()), (arrived, _) -> new TenantCommand.Arrived(arrived));
                yield Effect().none();
            }
            case TenantCommand.Arrived arrived ->
                arrived.command() instanceof TenantCommand sent && sent instanceof CborSerializable
                        ? onCommand(state, sent)
                        : Effect().none();
            case TenantCommand.SubscribeHost subscribe -> onSubscribeHost(state, subscribe);
            case TenantCommand.ChangeSubscription change -> onChangeSubscription(state, change);
            case TenantCommand.ReportRealized report -> {
                subscriptions.report(report, book);
                yield progressed(state);
            }
            case TenantCommand.ReportDiscovered report -> onReportDiscovered(state, report);
            case TenantCommand.RecordDiscovered _ -> onRecordDiscovered(state);
            case TenantCommand.Registered registered -> {
                registered.replyTo().tell(registered.reply());
                yield askProvider(state);
            }
            case TenantCommand.ToProvider asked -> onToProvider(asked);
            case TenantCommand.ProviderChanged _ -> onProviderChanged(state);
            case TenantCommand.ReviewProvider _ -> askProvider(state);
            case TenantCommand.ProviderAnswered answered -> onProviderAnswered(state, answered);
            case TenantCommand.VlansAnswered answered -> editing.onVlansAnswered(state, answered);
            case TenantCommand.VlansChecked checked -> {
                vlans.onChecked(checked);
                yield Effect().none();
            }
            case TenantCommand.CheckClock _ -> {
                TenantEvent set = time.due(state.model()).orElse(null);
                yield set == null ? Effect().none() : Effect().persist(set).thenRun(this::distribute);
            }
            case TenantCommand.PlacementsRead read -> {
                placements.onRead(read, state, book);
                yield progressed(state);
            }
            case TenantCommand.ReviewHosts _ -> {
                subscriptions.countRound();
                placements.review();
                yield Effect().none();
            }
            case TenantCommand.Stop _ -> Effect().stop();
        };
    }

    // ---- the provider's policies

    private Effect<TenantEvent, TenantState> askProvider(TenantState state) {
        if (desk != null) {
            desk.review();
        } else if (state.model() != null) {
            link.ask(state.model());
        }
        return Effect().none();
    }

    private Effect<TenantEvent, TenantState> onProviderChanged(TenantState state) {
        if (state.model() == null && !lifecycle.isCreating()) {
            // the registry has a tenant that does not exist: else nobody would ever be done with it
            registry.tell(
                    new RegistryCommand.RemoveTenant(tenant, context.getSystem().ignoreRef()));
            link.leave();
        }
        return askProvider(state);
    }

    private Effect<TenantEvent, TenantState> onProviderAnswered(
            TenantState state, TenantCommand.ProviderAnswered answered) {
        if (link.isToBeFetched(answered)) {
            return Effect().none();
        }
        TenantCommand.PutTenant put = answered.put();
        TenantModel model = state.model();
        if (put != null) {
            return lifecycle.onProviderAnswered(state, put, answered.reply());
        }
        if (model == null
                || !(answered.reply() instanceof TenantReply.Provider(ProviderPolicies policies))
                || policies.revision() <= model.provider().revision()) {
            link.answered(model);
            return Effect().none();
        }
        if (editing.isWaiting()) {
            return Effect().stash();
        }
        return editing.edit(model, List.of(new ModelEdit.AdoptProvider(policies)), PROVIDER, (reply, changed) -> {
            if (changed != null) {
                link.adopted(changed);
            } else if (reply instanceof TenantReply.Rejected rejected) {
                link.refused(policies.revision(), rejected.problems());
            }
            link.answered(changed == null ? model : changed);
        });
    }

    private Effect<TenantEvent, TenantState> onToProvider(TenantCommand.ToProvider command) {
        if (desk != null) {
            desk.onCommand(command);
        } else if (command instanceof TenantCommand.AskProvider ask) {
            return answer(ask, new Refused(RefusalCode.INVALID, tenant + " is not the provider"));
        }
        return Effect().none();
    }

    // ---- discovered addresses

    private Effect<TenantEvent, TenantState> onReportDiscovered(
            TenantState state, TenantCommand.ReportDiscovered report) {
        if (state.model() != null) {
            discovery.report(state.model(), report);
        }
        return Effect().none();
    }

    private Effect<TenantEvent, TenantState> onRecordDiscovered(TenantState state) {
        TenantModel model = state.model();
        List<ModelEdit> edits = discovery.record(model);
        if (model == null || edits.isEmpty()) {
            return Effect().none();
        }
        return editing.edit(model, edits, TenantDiscovery.NAME, (reply, _) -> {
            if (reply instanceof TenantReply.Rejected rejected) {
                context.getLog().warn("tenant {} does not take discovered addresses: {}", tenant, rejected.problems());
            }
        });
    }

    // ---- rule tables and hosts

    private void distribute(TenantState state) {
        subscriptions.push(book.update(state.model(), state.revision()), book);
        time.await();
        if (desk != null) {
            desk.update(state);
        }
    }

    /** Hosts have said something new. */
    private Effect<TenantEvent, TenantState> progressed(TenantState state) {
        realization.answerRealized();
        if (desk == null) {
            link.onProgress(state.model());
        }
        return Effect().none();
    }

    private Effect<TenantEvent, TenantState> onSubscribeHost(TenantState state, TenantCommand.SubscribeHost subscribe) {
        if (state.revision() == 0) {
            return Effect().none();
        }
        subscriptions.subscribe(subscribe, book);
        return progressed(state);
    }

    private Effect<TenantEvent, TenantState> onChangeSubscription(
            TenantState state, TenantCommand.ChangeSubscription change) {
        if (state.revision() == 0) {
            return Effect().none();
        }
        change.agent().tell(new HostCommand.Subscribed(tenant, subscriptions.change(change, book)));
        return progressed(state);
    }

    private Effect<TenantEvent, TenantState> onGetRealization(TenantState state, TenantCommand.GetRealization get) {
        TenantModel model = state.model();
        if (model == null) {
            return answer(get, new TenantReply.UnknownTenant(tenant));
        }
        if (desk == null) {
            placements.answer(get);
        } else {
            desk.list(get);
        }
        return Effect().none();
    }

    /** Of a tenant that exists. */
    private Effect<TenantEvent, TenantState> answer(
            TenantState state, TenantCommand.Request request, Function<TenantModel, TenantReply> reply) {
        TenantModel model = state.model();
        return answer(request, model == null ? new TenantReply.UnknownTenant(tenant) : reply.apply(model));
    }

    private Effect<TenantEvent, TenantState> answer(TenantCommand.Request request, TenantReply reply) {
        reply.tellTo(request.replyTo(), parcels);
        return Effect().none();
    }
}
