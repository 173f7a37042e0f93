package io.portcullis.ports.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.port.PortException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class NetworkNamespaceTest {
    @Test
    void shouldOpenChannelsThatStayInTheNamespace() throws Exception {
        try (KernelTestLab lab = KernelTestLab.openOrSkip()) {
            String netns = lab.namespace("n");
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", 7777);
            try (ServerSocketChannel server = NetworkNamespace.call(
                            netns, () -> ServerSocketChannel.open().bind(address));
                    SocketChannel client = NetworkNamespace.call(netns, () -> SocketChannel.open(address));
                    SocketChannel accepted = server.accept()) {
                client.write(ByteBuffer.wrap(new byte[] {42}));
                ByteBuffer in = ByteBuffer.allocate(1);
                accepted.read(in);
                assertThat(in.get(0)).isEqualTo((byte) 42);
                assertThatThrownBy(() -> SocketChannel.open(address).close())
                        .as("nobody listens at home")
                        .isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void shouldLeaveNoThreadInTheNamespace() throws Exception {
        try (KernelTestLab lab = KernelTestLab.openOrSkip()) {
            String netns = lab.namespace("n");
            String inside = NetworkNamespace.call(
                    netns,
                    () -> Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"))
                            .toString());
            awaitNoThreadIn(inside);
            Thread.ofVirtual().start(() -> {}).join();
            awaitNoThreadIn(inside);
        }
    }

    /** The thread that was inside ends just after it has handed its result over. */
    private static void awaitNoThreadIn(String namespace) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(threadNamespaces()).isNotEmpty().doesNotContain(namespace));
    }

    private static Set<String> threadNamespaces() throws IOException {
        Set<String> namespaces = new HashSet<>();
        List<Path> tasks;
        try (Stream<Path> list = Files.list(Path.of("/proc/self/task"))) {
            tasks = list.toList();
        }
        for (Path task : tasks) {
            try {
                namespaces.add(Files.readSymbolicLink(task.resolve("ns/net")).toString());
            } catch (IOException e) {
                // The thread has ended meanwhile.
                assertThat(task).doesNotExist();
            }
        }
        return namespaces;
    }

    @Test
    void shouldRefuseNamesThatAreNone() {
        assertThatThrownBy(() -> NetworkNamespace.call("../../etc", () -> 1))
                .isInstanceOf(PortException.class)
                .hasMessageContaining("no name of a network namespace");
        assertThatThrownBy(() -> NetworkNamespace.call("does-not-exist", () -> 1))
                .isInstanceOf(PortException.class)
                .hasMessageContaining("ip netns add does-not-exist");
        assertThat(NetworkNamespace.exists("does-not-exist")).isFalse();
    }

    @Test
    void shouldHandOnWhatTheOpenerThrows() {
        assertThatThrownBy(() -> NetworkNamespace.call("", () -> {
                    throw new IOException("no luck");
                }))
                .isInstanceOf(PortException.class)
                .hasMessageContaining("no luck")
                .hasCauseInstanceOf(IOException.class);
    }
}
