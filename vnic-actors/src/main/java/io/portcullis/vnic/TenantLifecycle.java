package io.portcullis.vnic;

import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import java.time.Clock;
import java.util.List;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EffectFactories;
import org.jspecify.annotations.Nullable;

/**
 * How a tenant begins and ends. It is created with the provider's policies that there are then, and while it {@link #isCreating waits} for these, nothing else may be begun;
 * without an answer nothing is created. It is deleted when it has no VMs. Who asked is answered once the registry knows it.
 *
 * <p>Belongs to {@link TenantPolicy}, on its thread.
 */
final class TenantLifecycle {
    private final EffectFactories<TenantEvent, TenantState> effects;
    private final ActorContext<TenantCommand> context;
    private final TenantId tenant;
    private final RecipientRef<RegistryCommand> registry;
    private final Clock clock;
    private final TenantClock time;
    private final TenantEditing editing;
    private final ProviderLink link;
    private final Consumer<TenantState> distribute;

    /** What creates the tenant once the provider has answered. */
    private TenantCommand.@Nullable PutTenant creating;

    /** @param distribute what is to be done with each new state, before anybody is answered */
    TenantLifecycle(
            EffectFactories<TenantEvent, TenantState> effects,
            ActorContext<TenantCommand> context,
            TenantId tenant,
            RecipientRef<RegistryCommand> registry,
            Clock clock,
            TenantClock time,
            TenantEditing editing,
            ProviderLink link,
            Consumer<TenantState> distribute) {
        this.effects = effects;
        this.context = context;
        this.tenant = tenant;
        this.registry = registry;
        this.clock = clock;
        this.time = time;
        this.editing = editing;
        this.link = link;
        this.distribute = distribute;
    }

    /** The tenant's actor begins, again. */
    void recovered() {
        creating = null;
    }

    boolean isCreating() {
        return creating != null;
    }

    Effect<TenantEvent, TenantState> onPut(TenantState state, TenantCommand.PutTenant put) {
        if (state.model() != null) {
            return editing.edit(
                    state.model(),
                    List.of(new ModelEdit.SetDefaults(put.defaultAction(), put.looseTracking(), put.timeouts())),
                    put.by(),
                    (reply, _) -> register(reply, put.replyTo()));
        }
        creating = put;
        link.askFor(put);
        return effects.none();
    }

    /** @param provider its answer; null if there is none */
    Effect<TenantEvent, TenantState> onProviderAnswered(
            TenantState state, TenantCommand.PutTenant put, @Nullable TenantReply provider) {
        if (!put.equals(creating)) {
            return effects.none();
        }
        creating = null;
        return switch (TenantCreation.of(state, put, provider, time, clock.instant())) {
            case TenantCreation.Begun begun ->
                effects.persist(begun.events())
                        .thenRun((TenantState next) -> {
                            distribute.accept(next);
                            register(new TenantReply.Applied(next.revision(), true), put.replyTo());
                        })
                        .thenUnstashAll();
            case TenantCreation.NotBegun refused -> {
                link.leave();
                put.replyTo().tell(refused.why());
                yield effects.none().thenUnstashAll();
            }
        };
    }

    /** Answers once the tenant is in the registry, so that who asks for the list then finds it there. */
    private void register(TenantReply reply, ActorRef<TenantReply> replyTo) {
        context.ask(
                RegistryCommand.Registered.class,
                registry,
                TenantVlans.REGISTRY_TIMEOUT,
                me -> new RegistryCommand.AddTenant(tenant, me),
                (_, _) -> new TenantCommand.Registered(reply, replyTo));
    }

    Effect<TenantEvent, TenantState> onDelete(TenantState state, TenantCommand.DeleteTenant delete) {
        TenantReply refusal = whyNotDelete(state.model());
        if (refusal != null) {
            delete.replyTo().tell(refusal);
            return effects.none();
        }
        return effects.persist(new TenantEvent.TenantDeleted(state.revision() + 1, delete.by(), clock.instant()))
                .thenRun((TenantState next) -> {
                    distribute.accept(next);
                    link.leave();
                    context.ask(
                            RegistryCommand.Registered.class,
                            registry,
                            TenantVlans.REGISTRY_TIMEOUT,
                            me -> new RegistryCommand.RemoveTenant(tenant, me),
                            (_, _) -> new TenantCommand.Registered(
                                    new TenantReply.TenantDeleted(tenant), delete.replyTo()));
                });
    }

    private @Nullable TenantReply whyNotDelete(@Nullable TenantModel model) {
        if (model == null) {
            return new TenantReply.UnknownTenant(tenant);
        }
        if (tenant.equals(TenantId.PROVIDER)) {
            return new Refused(
                    RefusalCode.WRONG_STATE,
                    "the provider is always there; to take its policies from all tenants, delete these policies");
        }
        return model.vms().isEmpty()
                ? null
                : new Refused(
                        RefusalCode.WRONG_STATE,
                        "tenant " + tenant + " still has " + model.vms().size() + " VMs; delete these first");
    }
}
