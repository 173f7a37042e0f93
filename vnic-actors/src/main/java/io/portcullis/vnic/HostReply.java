package io.portcullis.vnic;

import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.parcel.Parcel;
import io.portcullis.vnic.parcel.Parcels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;

/** What {@link HostAgent} answers. */
public sealed interface HostReply extends CborSerializable
        permits HostReply.VmAttached,
                HostReply.Admissible,
                HostReply.VmGone,
                HostReply.DrainingSet,
                HostReply.HostStatus,
                HostReply.Enforced,
                HostReply.Staged,
                HostReply.Hits,
                HostReply.InPieces,
                HostReply.Checkpointed,
                HostReply.TableTaken,
                HostReply.TableWanted,
                HostReply.FlowsReviewed,
                Refused {
    /** vNICs of a host, rules with hits, and VMs, that go in one message. */
    int MAX_INLINE_VNICS = 50;

    int MAX_INLINE_RULES = 1_000;

    int MAX_INLINE_VMS = 1_000;

    /** Answers, in pieces where it may be too large for one message to another node. */
    static void tell(ActorRef<HostReply> asker, HostReply reply, Parcels parcels) {
        boolean large = switch (reply) {
            case HostStatus status -> status.vnicCount() > MAX_INLINE_VNICS;
            case Enforced enforced -> enforced.epochs().size() > MAX_INLINE_VMS;
            case Hits hits -> hits.hits().rules().size() > MAX_INLINE_RULES;
            case VmAttached _, Admissible _, VmGone _, DrainingSet _, Checkpointed _, Refused _ -> false;
            case Staged _, InPieces _, TableTaken _, TableWanted _, FlowsReviewed _ -> false;
        };
        if (large) {
            parcels.tell(asker, reply, InPieces::new);
        } else {
            asker.tell(reply);
        }
    }

    /**
     * The VM is attached.
     *
     * @param policyRevision lowest revision that a vNIC of the VM has rules of; 0 if one has none yet (and passes nothing)
     */
    record VmAttached(VmId vm, long epoch, long policyRevision, List<VnicStatus> vnics) implements HostReply {
        public VmAttached {
            vnics = List.copyOf(vnics);
        }
    }

    /** The VM would be admitted now. */
    record Admissible(HostId host) implements HostReply {}

    /** Nothing of the VM is left here under {@code epoch} or a lower one. */
    record VmGone(VmId vm, long epoch) implements HostReply {}

    record DrainingSet(HostId host, boolean draining) implements HostReply {}

    /**
     * The host as it is now.
     *
     * @param recovered whether the host has attached again what it had before its last stop
     */
    record HostStatus(
            HostId host,
            boolean draining,
            boolean recovered,
            List<HostedVm> vms,
            HostLimits limits,
            Map<String, Long> counters)
            implements HostReply {
        public HostStatus {
            vms = List.copyOf(vms);
            counters = Map.copyOf(counters);
        }

        public int vnicCount() {
            return vms.stream().mapToInt(vm -> vm.spec().vnics().size()).sum();
        }
    }

    /**
     * VMs that the host enforces, with the epoch under which it does. Of a VM that is just moving two hosts may say so; the higher epoch is right.
     *
     * @param epochs by the text of the VM's id
     */
    record Enforced(HostId host, Map<String, Long> epochs) implements HostReply {
        public Enforced {
            epochs = Map.copyOf(epochs);
        }

        /** Of what the data path has those that were asked for. */
        static Enforced of(HostId host, HostCommand.GetEnforced wanted, List<VnicStatus> here) {
            Map<String, Long> epochs = new HashMap<>();
            for (VnicStatus status : here) {
                VmId vm = status.vnic().vm();
                boolean isMeant = wanted.vm() == null ? vm.tenant().equals(wanted.tenant()) : vm.equals(wanted.vm());
                if (isMeant && isEnforced(status.mode())) {
                    epochs.merge(vm.toString(), status.epoch(), Math::max);
                }
            }
            return new Enforced(host, epochs);
        }

        private static boolean isEnforced(VnicMode mode) {
            return switch (mode) {
                case ENFORCING, CUTTING -> true;
                case PASSIVE, HOLDING, SEALED -> false;
            };
        }
    }

    /** What staged policies of a tenant would have done on the host. */
    record Staged(HostId host, StagedCounts counts) implements HostReply {}

    /** What a tenant's rules have counted on the host. */
    record Hits(HostId host, TenantHits hits) implements HostReply {}

    /** Another answer, which is too large for one message. */
    record InPieces(Parcel answer) implements HostReply {}

    /** A VM that is attached here, or is being attached (then without a status of each vNIC). */
    record HostedVm(VmSpec spec, long epoch, List<VnicStatus> vnics) {
        public HostedVm {
            vnics = List.copyOf(vnics);
        }
    }

    /**
     * What changed is on disk, but for the failures.
     *
     * @param failures what could not be written, for people
     */
    record Checkpointed(int tablesWritten, List<String> failures) implements HostReply {
        public Checkpointed {
            failures = List.copyOf(failures);
        }
    }

    /** The piece is here. */
    record TableTaken(String hash, int piece) implements HostReply {}

    /** The host does not have this table; offer it, then ask again. */
    record TableWanted(String hash) implements HostReply {}

    /** One for each vNIC that was asked about. */
    record FlowsReviewed(HostId host, List<VnicReview> reviews) implements HostReply {
        public FlowsReviewed {
            reviews = List.copyOf(reviews);
        }
    }
}
