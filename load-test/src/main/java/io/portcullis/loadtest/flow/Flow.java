package io.portcullis.loadtest.flow;

import io.portcullis.loadtest.scenario.TrafficPlan;

/** One flow between a client and a VM: both its ends. The traffic's thread only. */
final class Flow {
    private static final Flow[] NONE = {};

    /** As the history knows it, too. */
    final int id;

    final TrafficPlan plan;
    final StreamCounts counts;
    final VmEnd vm;
    /** Of the client, in the order of IPv4 addresses; an IPv6 address ends in it. */
    final int peer;

    final int port;
    final int window;

    /** Flows of other VMs that get the same frames. */
    Flow[] mirrors = NONE;

    final Numbering toVm = new Numbering();
    final Numbering toClient = new Numbering();

    FlowEnd client = FlowEnd.CLOSED;
    FlowEnd server = FlowEnd.CLOSED;
    int clientNext;
    int clientSeen;
    int clientAcknowledged;
    int clientOwes;
    int vmNext;
    int vmSeen;
    int vmAcknowledged;
    int vmOwes;
    /** Whether the VM has heard of the client: without a connection it answers nobody else. */
    boolean isHeard;
    /** When the client's last SYN or FIN was due or sent again. */
    long waitingSinceNanos;
    /** Times that it was sent again since. */
    int retries;

    Flow(int id, TrafficPlan plan, StreamCounts counts, VmEnd vm, int peer, int port, int clientIsn, int vmIsn) {
        this.id = id;
        this.plan = plan;
        this.counts = counts;
        this.vm = vm;
        this.peer = peer;
        this.port = port;
        this.window = 16_384 + (peer & 0x7fff);
        this.clientNext = clientIsn;
        this.clientAcknowledged = clientIsn;
        this.vmNext = vmIsn;
        this.vmAcknowledged = vmIsn;
    }

    Numbering numbering(boolean isToVm) {
        return isToVm ? toVm : toClient;
    }

    /** Frames that were sent and never came, unless none of them may. */
    long lost() {
        return plan.isAllowed() ? (long) toVm.lost() + toClient.lost() : 0;
    }

    /** How the flow is found by a frame of it that has no number. */
    long key() {
        return key(vm.index(), FlowFrames.protocol(plan), plan.isIpv6(), peer, port);
    }

    static long key(int vm, int protocol, boolean isIpv6, int peer, int port) {
        int code = (protocol == FlowFrames.TCP ? 0 : protocol == FlowFrames.UDP ? 1 : 2) + (isIpv6 ? 3 : 0);
        return (long) code << 60 | (long) vm << 48 | (long) port << 32 | (peer & 0xffff_ffffL);
    }
}
