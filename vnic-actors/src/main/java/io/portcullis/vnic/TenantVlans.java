package io.portcullis.vnic;

import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.TenantIsolation;
import io.portcullis.policy.model.TenantModel;
import java.time.Duration;
import java.util.SortedSet;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** Asks the registry for the VLANs of a tenant. Belongs to {@link TenantPolicy}, on its thread. */
final class TenantVlans {
    /** Longest wait for the registry. */
    static final Duration REGISTRY_TIMEOUT = Duration.ofSeconds(3);

    static final Refused SILENT_REGISTRY = new Refused(
            RefusalCode.TIMEOUT,
            "the registry of tenants did not say in time whether the VLANs are free; nothing was changed, try again");

    private final ActorContext<TenantCommand> context;
    private final TenantId tenant;
    private final RecipientRef<RegistryCommand> registry;

    TenantVlans(ActorContext<TenantCommand> context, TenantId tenant, RecipientRef<RegistryCommand> registry) {
        this.context = context;
        this.tenant = tenant;
        this.registry = registry;
    }

    /** Comes back as {@link TenantCommand.VlansAnswered}. */
    void reserve(TenantCommand.Edit edit, SortedSet<Integer> vlans) {
        context.ask(
                RegistryCommand.VlanReply.class,
                registry,
                REGISTRY_TIMEOUT,
                me -> new RegistryCommand.ReserveVlans(tenant, vlans, me),
                (reply, _) -> new TenantCommand.VlansAnswered(edit, reply));
    }

    /** Comes back as {@link TenantCommand.VlansChecked}. */
    void check(EditResult.Accepted accepted, TenantCommand.CheckEdit check) {
        context.ask(
                RegistryCommand.VlanReply.class,
                registry,
                REGISTRY_TIMEOUT,
                me -> new RegistryCommand.CheckVlans(tenant, TenantIsolation.vlans(accepted.model()), me),
                (reply, _) -> new TenantCommand.VlansChecked(accepted.model(), reply, check.replyTo()));
    }

    void onChecked(TenantCommand.VlansChecked checked) {
        TenantModel candidate = checked.candidate();
        RegistryCommand.VlanReply reply = checked.reply();
        if (reply == null) {
            checked.replyTo().tell(SILENT_REGISTRY);
        } else if (reply.taken().isEmpty()) {
            checked.replyTo().tell(new TenantReply.Acceptable(candidate.revision(), true));
        } else {
            checked.replyTo().tell(new TenantReply.Rejected(TenantIsolation.problems(candidate, reply.taken())));
        }
    }

    /** Tells the registry what the tenant has, so that it frees the rest. */
    void keep(TenantModel model) {
        registry.tell(new RegistryCommand.ReserveVlans(
                tenant, TenantIsolation.vlans(model), context.getSystem().ignoreRef()));
    }
}
