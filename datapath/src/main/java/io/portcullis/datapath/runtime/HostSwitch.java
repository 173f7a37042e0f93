package io.portcullis.datapath.runtime;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.ChecksumTrust;
import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.VnetHeader;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Carries frames between the vNICs of a host and its uplink. Addresses are never learned: a unicast frame goes to the
 * attached vNIC with that segment and MAC, else out of the uplink if a local VM sent it, else nowhere. Group frames are
 * flooded in their segment. Every local vNIC that a frame reaches decides about it, the sender's on the way out and the
 * receiver's on the way in. One loop owns it.
 */
final class HostSwitch {
    /** A frame, an answer to it, and an answer to that: no protocol here answers more often. */
    private static final int STAGES = 3;

    private static final long GROUP_BIT = 1L << 40;

    /** What one pass through an engine needs; a nested pass has its own. */
    private static final class Stage {
        final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];
        final Burst toVm;
        final Burst toNetwork;

        Stage(Arena arena) {
            toVm = new Burst(arena);
            toNetwork = new Burst(arena);
        }
    }

    private final FramePort uplink;
    private final boolean trustsUplink;
    private final HostCounter.Values counters;
    private final Failures failures;
    private final VnicChanges changes;
    private final Stage[] stages = new Stage[STAGES];
    private final Burst fromUplink;
    private final Burst announcement;
    private final Long2ObjectHashMap<Vnic> byAddress = new Long2ObjectHashMap<>();
    private final Int2ObjectHashMap<List<Vnic>> bySegment = new Int2ObjectHashMap<>();
    private final List<Vnic> toFlush = new ArrayList<>();
    private boolean uplinkNeedsFlush;
    private long nowNanos;

    HostSwitch(
            FramePort uplink,
            ChecksumTrust trust,
            HostCounter.Values counters,
            Failures failures,
            VnicChanges changes,
            Arena arena) {
        this.uplink = uplink;
        trustsUplink = trust == ChecksumTrust.ALL || uplink.checksumTrust() == ChecksumTrust.ALL;
        this.counters = counters;
        this.failures = failures;
        this.changes = changes;
        for (int i = 0; i < STAGES; i++) {
            stages[i] = new Stage(arena);
        }
        fromUplink = new Burst(arena);
        announcement = new Burst(arena);
    }

    /** Time of all that is decided from now on. */
    void setNow(long nanos) {
        nowNanos = nanos;
    }

    boolean isTaken(VnicAttachment attachment) {
        return byAddress.containsKey(key(attachment.vlan(), attachment.mac().value()));
    }

    void add(Vnic vnic) {
        byAddress.put(key(vnic), vnic);
        bySegment.computeIfAbsent(vnic.vlan(), _ -> new ArrayList<>()).add(vnic);
    }

    void remove(Vnic vnic) {
        byAddress.remove(key(vnic));
        List<Vnic> segment = bySegment.get(vnic.vlan());
        if (segment != null && segment.remove(vnic) && segment.isEmpty()) {
            bySegment.remove(vnic.vlan());
        }
        toFlush.remove(vnic);
    }

    private static long key(Vnic vnic) {
        return key(vnic.vlan(), vnic.mac().value());
    }

    private static long key(int vlan, long mac) {
        return (long) vlan << 48 | mac;
    }

    // ---- from a VM

    /** Decides about what the VM of {@code source} sent, and sends on what may pass. */
    void fromVm(Vnic source, Burst frames) {
        Stage stage = stages[0];
        decide(source, frames, 0, frames.count(), Direction.OUT, stage);
        int index = 0;
        while (index < frames.count()) {
            index = stage.verdicts[index].passes() ? fromLocal(source, frames, index, stage.verdicts, 1) : index + 1;
        }
        sendReplies(source, stage, 1);
    }

    /** Sends a frame on that has been decided on the way out already. */
    void fromVmDecided(Vnic source, Burst frames) {
        int index = 0;
        while (index < frames.count()) {
            index = fromLocal(source, frames, index, null, 0);
        }
    }

    /**
     * Sends a frame, and those behind it for the same local vNIC, where they belong.
     *
     * @param verdicts which of the frames may pass; null for all
     * @return index behind the last frame that was sent
     */
    private int fromLocal(Vnic source, Burst frames, int index, Verdict @Nullable [] verdicts, int level) {
        long destination = Wire.u48(frames.memory(), frames.offset(index));
        if ((destination & GROUP_BIT) != 0) {
            floodLocally(source.vlan(), source, frames, index, level);
            toUplink(source, frames, index);
            return index + 1;
        }
        Vnic local = byAddress.get(key(source.vlan(), destination));
        if (local == null || !isReachable(local)) {
            toUplink(source, frames, index);
            return index + 1;
        }
        int end = index + 1;
        while (end < frames.count()
                && (verdicts == null || verdicts[end].passes())
                && Wire.u48(frames.memory(), frames.offset(end)) == destination) {
            end++;
        }
        deliver(local, frames, index, end, level);
        return end;
    }

    private static boolean isReachable(Vnic vnic) {
        Vnic.Ingress ingress = vnic.ingress();
        return ingress == Vnic.Ingress.DECIDE || ingress == Vnic.Ingress.HOLD;
    }

    private void toUplink(Vnic source, Burst frames, int index) {
        if (source.source != null && source.source.emitsThroughTunnel()) {
            source.source.forward(TunnelMessage.FrameKind.OUT_DECIDED, frames, index);
            return;
        }
        FrameTags.push(frames, index, source.vlan());
        sendUplink(frames, index);
    }

    private void sendUplink(Burst frames, int index) {
        uplinkNeedsFlush = true;
        boolean sent = uplink.send(frames.memory(), frames.offset(index), frames.length(index));
        counters.add(sent ? HostCounter.UPLINK_SENT : HostCounter.UPLINK_FULL);
    }

    /** Tells the fabric that the vNIC's MAC is behind this uplink (a reverse ARP request, as hypervisors send it). */
    void announce(Vnic vnic) {
        announcement.clear();
        FrameBuilder.rarpAnnouncement(vnic.mac()).appendTo(announcement);
        FrameTags.push(announcement, 0, vnic.vlan());
        sendUplink(announcement, 0);
        counters.add(HostCounter.ANNOUNCEMENTS);
    }

    // ---- from the network

    /** Takes in what the fabric sent; answers the number of frames. */
    int readUplink() {
        Burst frames = fromUplink;
        frames.clear();
        int received = uplink.receive(frames);
        if (trustsUplink) {
            VnetHeader.setAllValid(frames);
        }
        counters.add(HostCounter.UPLINK_RECEIVED, received);
        int index = 0;
        while (index < received) {
            index = fromUplink(frames, index);
        }
        return received;
    }

    private int fromUplink(Burst frames, int index) {
        if (frames.length(index) < FrameTags.ETHERNET_BYTES) {
            counters.add(HostCounter.UPLINK_SHORT);
            return index + 1;
        }
        int vlan = FrameTags.vlanOf(frames, index);
        if (vlan == FrameTags.NO_VLAN) {
            counters.add(HostCounter.UPLINK_UNTAGGED);
            return index + 1;
        }
        long destination = Wire.u48(frames.memory(), frames.offset(index));
        if ((destination & GROUP_BIT) != 0) {
            FrameTags.pop(frames, index);
            floodLocally(vlan, null, frames, index, 1);
            return index + 1;
        }
        Vnic vnic = byAddress.get(key(vlan, destination));
        if (vnic == null) {
            counters.add(HostCounter.UPLINK_UNKNOWN);
            return index + 1;
        }
        int end = index;
        do {
            FrameTags.pop(frames, end);
            end++;
        } while (end < frames.count()
                && frames.length(end) >= FrameTags.ETHERNET_BYTES
                && Wire.u48(frames.memory(), frames.offset(end)) == destination
                && FrameTags.vlanOf(frames, end) == vlan);
        deliver(vnic, frames, index, end, 1);
        return end;
    }

    private void floodLocally(int vlan, @Nullable Vnic except, Burst frames, int index, int level) {
        List<Vnic> segment = bySegment.get(vlan);
        if (segment == null) {
            return;
        }
        for (int i = 0; i < segment.size(); i++) {
            Vnic vnic = segment.get(i);
            if (vnic != except) {
                deliverGroup(vnic, frames, index, level);
            }
        }
    }

    // ---- to a VM

    /** Gives frames from the network (or from a local VM whose firewall let them out) to a vNIC, whatever its mode. */
    void deliver(Vnic vnic, Burst frames, int from, int to, int level) {
        switch (vnic.ingress()) {
            case DECIDE -> decideIn(vnic, frames, from, to, level);
            case HOLD -> {
                for (int i = from; i < to; i++) {
                    hold(vnic, frames, i);
                }
            }
            case FORWARD -> {
                for (int i = from; i < to; i++) {
                    forward(vnic, frames, i);
                }
            }
            case ABSENT -> counters.add(HostCounter.UPLINK_PASSIVE, (long) to - from);
        }
    }

    private void deliverGroup(Vnic vnic, Burst frames, int index, int level) {
        switch (vnic.ingress()) {
            case DECIDE -> {
                if (vnic.source != null) {
                    vnic.source.noteGroupFrame(frames, index);
                }
                decideIn(vnic, frames, index, index + 1, level);
            }
            case HOLD -> hold(vnic, frames, index);
            case FORWARD -> vnic.count(VnicCounter.SEALED_GROUP);
            case ABSENT -> {
                // Not this host's to deliver.
            }
        }
    }

    private static void hold(Vnic vnic, Burst frames, int index) {
        boolean held = vnic.hold().offer(frames.memory(), frames.offset(index), frames.length(index));
        vnic.count(held ? VnicCounter.HELD : VnicCounter.HELD_DROPPED);
    }

    private static void forward(Vnic vnic, Burst frames, int index) {
        if (vnic.source == null) {
            vnic.count(VnicCounter.SEALED_DROPPED);
        } else {
            vnic.source.forward(TunnelMessage.FrameKind.IN, frames, index);
        }
    }

    private void decideIn(Vnic vnic, Burst frames, int from, int to, int level) {
        if (level == STAGES) {
            counters.add(HostCounter.REPLY_DEPTH, (long) to - from);
            return;
        }
        Stage stage = stages[level];
        decide(vnic, frames, from, to, Direction.IN, stage);
        for (int i = from; i < to; i++) {
            if (stage.verdicts[i].passes()) {
                sendToVm(vnic, frames, i);
            }
        }
        sendReplies(vnic, stage, level + 1);
    }

    private void sendToVm(Vnic vnic, Burst frames, int index) {
        if (!vnic.needsFlush) {
            vnic.needsFlush = true;
            toFlush.add(vnic);
        }
        if (!vnic.port.send(frames.memory(), frames.offset(index), frames.length(index))) {
            counters.add(HostCounter.PORT_FULL);
        }
    }

    private void sendReplies(Vnic owner, Stage stage, int level) {
        for (int i = 0; i < stage.toVm.count(); i++) {
            sendToVm(owner, stage.toVm, i);
        }
        int index = 0;
        while (index < stage.toNetwork.count()) {
            index = fromLocal(owner, stage.toNetwork, index, null, level);
        }
    }

    /** Asks the engine. A bug in it drops these frames, is counted, and goes no further: closed rather than open. */
    private void decide(Vnic vnic, Burst frames, int from, int to, Direction direction, Stage stage) {
        changes.note(vnic);
        stage.toVm.clear();
        stage.toNetwork.clear();
        try {
            vnic.engine.process(frames, from, to, direction, nowNanos, stage.verdicts, stage.toVm, stage.toNetwork);
        } catch (RuntimeException bug) {
            Arrays.fill(stage.verdicts, from, to, Verdict.DROP);
            stage.toVm.clear();
            stage.toNetwork.clear();
            vnic.count(VnicCounter.FAILED, (long) to - from);
            failures.report("deciding about frames of " + vnic.id(), bug);
        }
    }

    /** Pushes out what ports may have buffered. */
    void flush() {
        for (int i = 0; i < toFlush.size(); i++) {
            Vnic vnic = toFlush.get(i);
            vnic.needsFlush = false;
            vnic.port.flush();
        }
        toFlush.clear();
        if (uplinkNeedsFlush) {
            uplinkNeedsFlush = false;
            uplink.flush();
        }
    }
}
