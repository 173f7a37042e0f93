package io.portcullis.ports.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** VMs and a fabric for one test, in namespaces with names of their own, quiet but for what the test sends. */
final class KernelTestLab implements AutoCloseable {
    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final int QUEUE_FRAMES = 5_000;

    private final NamespaceLab lab =
            new NamespaceLab("pct" + ProcessHandle.current().pid() + "x" + NEXT.incrementAndGet());

    /** Skips the test where real ports are not possible, and says why. */
    static KernelTestLab openOrSkip() {
        boolean possible = System.getProperty("os.name").equals("Linux")
                && "root".equals(System.getProperty("user.name"))
                && Files.exists(Path.of("/dev/net/tun"));
        if (!possible) {
            System.out.println("skipped: kernel ports need Linux, root and /dev/net/tun");
        }
        Assumptions.assumeTrue(possible, "kernel ports need Linux, root and /dev/net/tun");
        return new KernelTestLab();
    }

    String namespace(String role) {
        return made(() -> withoutIpv6(lab.addNamespace(role)));
    }

    void ip(String namespace, String command) {
        run("ip -n " + namespace + " " + command);
    }

    /** Runs a command and returns what it printed. */
    static String run(String command) {
        return made(() -> NamespaceLab.run(command));
    }

    /** A VM: a namespace whose eth0 is a persistent multi-queue TAP. */
    String vm(String role, String address, String mac) {
        String name = namespace(role);
        return made(() -> {
            lab.addNic(name, mac, QUEUE_FRAMES);
            lab.in(name, "link set dev eth0 up");
            lab.in(name, "addr add " + address + "/24 dev eth0");
            return name;
        });
    }

    /** A fabric: a namespace with a bridge and one uplink TAP per name. */
    String fabric(String... uplinks) {
        return made(() -> {
            String name = withoutIpv6(lab.addFabric("f"));
            for (String uplink : uplinks) {
                lab.addUplink(name, uplink, QUEUE_FRAMES);
            }
            return name;
        });
    }

    private static String withoutIpv6(String namespace) throws IOException {
        NamespaceLab.run("ip netns exec " + namespace
                + " sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
        return namespace;
    }

    private static <T> T made(Callable<T> making) {
        try {
            return making.call();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        lab.close();
    }
}
