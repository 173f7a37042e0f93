package io.portcullis.vnic;

import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A registry of tenants where another tenant has a VLAN and one VLAN is never spoken of. */
final class FakeRegistry {
    static final int FOREIGN_VLAN = 666;
    /** For this one the registry does not answer. */
    static final int SILENT_VLAN = 777;

    private FakeRegistry() {}

    /**
     * The registry.
     *
     * @param reserved gets what was asked for, in order
     */
    static Behavior<RegistryCommand> create(List<SortedSet<Integer>> reserved) {
        return Behaviors.receiveMessage(message -> {
            switch (message) {
                case RegistryCommand.AddTenant add -> add.replyTo().tell(new RegistryCommand.Registered());
                case RegistryCommand.RemoveTenant remove -> remove.replyTo().tell(new RegistryCommand.Registered());
                case RegistryCommand.ReserveVlans reserve -> {
                    reserved.add(reserve.vlans());
                    if (!reserve.vlans().contains(SILENT_VLAN)) {
                        reserve.replyTo().tell(taken(reserve.vlans()));
                    }
                }
                case RegistryCommand.CheckVlans check -> {
                    if (!check.vlans().contains(SILENT_VLAN)) {
                        check.replyTo().tell(taken(check.vlans()));
                    }
                }
                case RegistryCommand.ListTenants _, RegistryCommand.Stop _ -> {}
            }
            return Behaviors.same();
        });
    }

    private static RegistryCommand.VlanReply taken(SortedSet<Integer> vlans) {
        SortedSet<Integer> taken = new TreeSet<>(vlans);
        taken.retainAll(Set.of(FOREIGN_VLAN));
        return new RegistryCommand.VlanReply(taken);
    }
}
