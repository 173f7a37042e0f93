package io.portcullis.cluster;

import io.portcullis.cluster.NodeConfig.Backend;
import io.portcullis.cluster.NodeConfig.Endpoint;
import io.portcullis.persistence.Database;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;

/**
 * Looks for what would stop a node, before it opens a port or joins a cluster: then nobody but the operator learns of it,
 * and learns it at once.
 */
final class NodePreflight {
    private static final Path PROCESS_STATUS = Path.of("/proc/self/status");
    private static final String EFFECTIVE_CAPABILITIES = "CapEff:";
    /** Bit of CAP_NET_ADMIN (linux/capability.h). */
    private static final int CAP_NET_ADMIN = 12;

    private NodePreflight() {}

    static void check(NodeConfig config) throws NodeStartException {
        if (config.backend() == Backend.KERNEL) {
            checkKernel();
        }
        checkDataDirectory(config.dataDirectory());
        checkFree(config.cluster(), "other nodes", "portcullis.cluster", "--cluster-port");
        checkFree(config.admin(), "the HTTP API", "portcullis.admin", "--admin-port");
        checkFree(config.tunnel(), "the tunnels of other hosts", "portcullis.data-path.tunnel", "--tunnel-port");
    }

    private static void checkKernel() throws NodeStartException {
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
            throw new NodeStartException("the kernel backend needs Linux, this is " + System.getProperty("os.name")
                    + "; set portcullis.data-path.backend to memory for trials");
        }
        if (!mayAdministrateNetwork()) {
            throw new NodeStartException("user " + System.getProperty("user.name")
                    + " may not use TAP devices (CAP_NET_ADMIN is missing); run as root, or set"
                    + " portcullis.data-path.backend to memory for trials");
        }
        if (!Files.exists(Path.of("/dev/net/tun"))) {
            throw new NodeStartException("there is no /dev/net/tun; load the module: modprobe tun");
        }
    }

    /** True also when the kernel does not say; then opening the uplink will. */
    private static boolean mayAdministrateNetwork() {
        try {
            for (String line : Files.readAllLines(PROCESS_STATUS)) {
                if (line.startsWith(EFFECTIVE_CAPABILITIES)) {
                    String hex = line.substring(EFFECTIVE_CAPABILITIES.length()).strip();
                    return (Long.parseUnsignedLong(hex, 16) >> CAP_NET_ADMIN & 1) == 1;
                }
            }
        } catch (IOException | NumberFormatException e) {
            return true;
        }
        return true;
    }

    private static void checkDataDirectory(Path directory) throws NodeStartException {
        try {
            Files.createDirectories(directory);
            Files.delete(Files.createTempFile(directory, "writable-", ".tmp"));
        } catch (IOException e) {
            throw new NodeStartException(
                    "data directory " + directory + ": " + reason(e)
                            + "; set portcullis.data-dir (--data-dir) to a directory that this user may write",
                    e);
        }
    }

    private static String reason(IOException failure) {
        return switch (failure) {
            case AccessDeniedException _ -> "no right to write there";
            case FileAlreadyExistsException file -> file.getFile() + " is a file";
            case FileSystemException other ->
                "cannot be written (" + (other.getReason() == null ? "no such place" : other.getReason()) + ")";
            default -> String.valueOf(failure.getMessage());
        };
    }

    /** Binds the address and lets it go again; who takes it in between is reported later, less quickly. */
    private static void checkFree(Endpoint endpoint, String purpose, String settings, String option)
            throws NodeStartException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(endpoint.address()), endpoint.port()));
        } catch (IOException e) {
            throw new NodeStartException(
                    "cannot listen on " + endpoint + " for " + purpose + ": " + e.getMessage()
                            + "; is another node running here? Set " + settings + ".port (" + option + ")",
                    e);
        }
    }

    /** Last of all: a database that is away for a while must not keep a host from restoring what it enforced. */
    static void checkDatabase(NodeConfig config) throws NodeStartException {
        try {
            Database.check(config.system().getConfig("portcullis.database"));
        } catch (SQLException | IllegalStateException e) {
            throw new NodeStartException("database: " + e.getMessage(), e);
        }
    }
}
