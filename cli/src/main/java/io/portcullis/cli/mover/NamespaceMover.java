package io.portcullis.cli.mover;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Moves a VM that is a network namespace with a veth pair, between two places on one machine. A place has the VM's bridge, whose only other port is the TAP device
 * that the host's firewall holds; the host's end of the pair goes from one bridge to the other. While it is down the VM has no carrier: nothing comes or goes. What
 * runs in the namespace runs on, so what it sends meanwhile is dropped by its kernel, and TCP sends it again. By {@code ip} (iproute2), as root.
 */
public final class NamespaceMover implements VmMover {
    /** {@code NETNS/BRIDGE}; without the first for what is in the caller's own namespace. */
    private static final Pattern PLACE = Pattern.compile("([A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?/([^/\\s:%]{1,15})");

    private static final Pattern DEVICE = Pattern.compile("[^/\\s:%]{1,15}");
    private static final Pattern UP = Pattern.compile("<([A-Z_]+,)*UP(,[A-Z_]+)*>");

    private final String device;
    private final Place source;
    private final Place destination;
    private final Duration limit;

    /**
     * Where a VM can be.
     *
     * @param namespace name below /run/netns, empty for the caller's own
     * @param bridge of this VM alone, in that namespace
     */
    public record Place(String namespace, String bridge) {
        /**
         * Reads one as it is written.
         *
         * @throws MoverException if that is not {@code NETNS/BRIDGE} or {@code /BRIDGE}
         */
        public static Place parse(String text) throws MoverException {
            Matcher matcher = PLACE.matcher(text);
            if (!matcher.matches()) {
                throw new MoverException("'" + text
                        + "' is no place of a VM; write NETNS/BRIDGE, or /BRIDGE in the namespace of this command");
            }
            return new Place(matcher.group(1) == null ? "" : matcher.group(1), matcher.group(2));
        }

        @Override
        public String toString() {
            return namespace + "/" + bridge;
        }

        private List<String> show(String device) {
            return ip("-o", "link", "show", "dev", device);
        }

        private List<String> ip(String... words) {
            List<String> command = new ArrayList<>(List.of("ip"));
            if (!namespace.isEmpty()) {
                command.addAll(List.of("-n", namespace));
            }
            command.addAll(List.of(words));
            return command;
        }
    }

    /**
     * A mover that has done nothing yet.
     *
     * @param device the host's end of the VM's veth pair
     * @param limit of each command
     */
    public NamespaceMover(String device, Place source, Place destination, Duration limit) throws MoverException {
        if (!DEVICE.matcher(device).matches()) {
            throw new MoverException("'" + device + "' is no name of a network device");
        }
        this.device = device;
        this.source = source;
        this.destination = destination;
        this.limit = limit;
    }

    /** Nothing has to be copied: both places are on one machine. */
    @Override
    public void copyAndStop() throws MoverException {
        if (!isPort(source, run(source.show(device)))) {
            throw new MoverException(device + " is no port of " + source);
        }
        run(destination.show(destination.bridge()));
        run(source.ip("link", "set", "dev", device, "down"));
    }

    @Override
    public void goOn() throws MoverException {
        carry(source, destination);
    }

    @Override
    public void comeBack() throws MoverException {
        boolean isOneNamespace = source.namespace().equals(destination.namespace());
        if (!isOneNamespace && ask(source.show(device)).isSuccess()) {
            attach(source);
            return;
        }
        String link = run(destination.show(device));
        if (isPort(destination, link) && isUp(link)) {
            throw new MoverException("the VM has left its source");
        }
        carry(destination, source);
    }

    private void carry(Place from, Place to) throws MoverException {
        if (!from.namespace().equals(to.namespace())) {
            String own = String.valueOf(ProcessHandle.current().pid());
            run(from.ip("link", "set", "dev", device, "netns", to.namespace().isEmpty() ? own : to.namespace()));
        }
        attach(to);
    }

    private void attach(Place place) throws MoverException {
        run(place.ip("link", "set", "dev", device, "master", place.bridge(), "up"));
    }

    private static boolean isPort(Place place, String link) {
        return (" " + link + " ").contains(" master " + place.bridge() + " ");
    }

    /** Of the flags, {@code <BROADCAST,MULTICAST,UP,LOWER_UP>}. */
    private static boolean isUp(String link) {
        return UP.matcher(link).find();
    }

    private record Answer(boolean isSuccess, String text) {}

    private String run(List<String> command) throws MoverException {
        Answer answer = ask(command);
        if (!answer.isSuccess()) {
            throw new MoverException(String.join(" ", command) + ": " + answer.text());
        }
        return answer.text();
    }

    private Answer ask(List<String> command) throws MoverException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
                throw new MoverException(String.join(" ", command) + ": no end within " + limit.toSeconds() + " s");
            }
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Answer(process.exitValue() == 0, text.strip());
        } catch (IOException missing) {
            throw new MoverException("there is no ip (iproute2): " + missing.getMessage(), missing);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new MoverException("interrupted during " + String.join(" ", command), interrupted);
        }
    }

    @Override
    public void close() {
        // Nothing is held between the commands.
    }
}
