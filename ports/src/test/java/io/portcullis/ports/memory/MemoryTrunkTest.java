package io.portcullis.ports.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import io.portcullis.datapath.port.VmPort;
import io.portcullis.policy.MacAddress;
import io.portcullis.ports.TestFrames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** All ports of a host's VMs over one connection. */
class MemoryTrunkTest extends MemoryPortTestCase {
    private static byte[] frame(int number) {
        return TestFrames.numbered(TestFrames.PEER_MAC, TestFrames.VM_MAC, false, number);
    }

    private List<Integer> take(FramePort port) {
        burst.clear();
        port.receive(burst);
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < burst.count(); i++) {
            numbers.add(TestFrames.number(TestFrames.bytes(burst, i)));
        }
        return numbers;
    }

    @Test
    void shouldCarryManyPortsOverOneConnectionAndTellOfThoseAloneThatHaveSomething() throws Exception {
        int count = 2_000;
        Map<FramePort, Integer> ports = new HashMap<>();
        List<MemoryVm> vms = new ArrayList<>();
        AtomicInteger atVms = new AtomicInteger();
        for (int i = 0; i < count; i++) {
            MemoryVm vm = fabric.addVm("vm-" + i);
            int number = i;
            vm.onReceive(bytes -> atVms.addAndGet(TestFrames.number(bytes) == number ? 1 : -count));
            vms.add(vm);
            ports.put(open("vm-" + i), i);
        }
        assertThat(fabric.counters()).containsEntry("connections", 1L);
        List<Integer> told = new ArrayList<>();
        for (int i = 0; i < count; i += 400) {
            vms.get(i).send(frame(i));
        }
        await().until(() -> {
            poller.await(1_000_000, port -> {
                assertThat(take(port)).isSubsetOf(ports.get(port));
                told.add(ports.get(port));
            });
            return told.size() == count / 400;
        });
        assertThat(told).containsExactly(0, 400, 800, 1_200, 1_600);
        ports.forEach((port, number) -> {
            burst.clear();
            TestFrames.add(burst, frame(number));
            assertThat(port.send(burst.memory(), burst.offset(0), burst.length(0)))
                    .isTrue();
        });
        await().until(() -> {
            poller.await(1_000_000);
            return atVms.get() == count;
        });
    }

    @Test
    void shouldNotLetAPortThatNobodyReadsHoldUpTheOthers() throws Exception {
        MemoryVm idle = fabric.addVm("idle");
        MemoryVm busy = fabric.addVm("busy");
        VmPort unread = open("idle");
        poller.setInterest(unread, false);
        byte[] big = new byte[16_000];
        for (int i = 0; i < 1_000; i++) {
            System.arraycopy(frame(i), 0, big, 0, frame(i).length);
            assertThat(idle.send(big)).isTrue();
        }
        VmPort read = open("busy");
        busy.send(frame(7));
        List<Integer> got = new ArrayList<>();
        await().until(() -> {
            poller.await(1_000_000, port -> assertThat(port).isSameAs(read));
            got.addAll(take(read));
            return got.equals(List.of(7));
        });
        got.clear();
        poller.setInterest(unread, true);
        await().until(() -> {
            poller.await(1_000_000);
            got.addAll(take(unread));
            return got.size() == 1_000;
        });
        assertThat(got).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void shouldLoseThePortOfAVmThatIsRemovedAndNoOther() throws Exception {
        fabric.addVm("one");
        MemoryVm two = fabric.addVm("two");
        VmPort first = open("one");
        VmPort second = open("two");
        fabric.removeVm("one");
        await().until(() -> {
            poller.await(1_000_000);
            return first.counters().get("gone") == 1;
        });
        two.send(frame(3));
        await().until(() -> take(second).equals(List.of(3)));
        fabric.addVm("one").send(frame(4));
        VmPort again = open("one");
        await().until(() -> take(again).equals(List.of(4)));
    }

    @Test
    void shouldWakeTheLoopOfAPortWhoeverReadsTheConnection() throws Exception {
        MemoryVm vm = fabric.addVm("one");
        fabric.addVm("two");
        VmPort first = open("one");
        try (Poller other = backend.newPoller()) {
            VmPort second = backend.openVmPort("memory:two", new MacAddress(TestFrames.VM_MAC));
            other.add(second);
            vm.send(frame(1));
            AtomicInteger got = new AtomicInteger();
            Thread reader = Thread.ofPlatform().start(() -> {
                while (got.get() == 0) {
                    poller.await(Duration.ofSeconds(60).toNanos(), port -> got.addAndGet(port == first ? 1 : 2));
                }
            });
            await().until(() -> {
                take(second); // reads what has come for both
                return got.get() == 1;
            });
            reader.join();
            assertThat(take(first)).containsExactly(1);
        }
    }
}
