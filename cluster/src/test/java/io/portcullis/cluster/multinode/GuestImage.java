package io.portcullis.cluster.multinode;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * A Linux that QEMU can boot: a kernel of this machine with the modules of its virtio network card, and a static busybox that runs a script. The kernel is looked for below
 * {@code portcullis.qemu.root} (default: /), where {@code dpkg -x linux-image-….deb} may have put one.
 */
record GuestImage(Path kernel, Path initrd) {
    private static final List<String> MODULES = List.of(
            "drivers/virtio/virtio_ring",
            "drivers/virtio/virtio",
            "drivers/virtio/virtio_pci_legacy_dev",
            "drivers/virtio/virtio_pci_modern_dev",
            "drivers/virtio/virtio_pci",
            "net/core/failover",
            "drivers/net/net_failover",
            "drivers/net/virtio_net");

    private static final int REGULAR = 0100_755;
    private static final int FOLDER = 0040_755;
    private static final int ALIGNMENT = 4;

    private static Path root() {
        return Path.of(System.getProperty("portcullis.qemu.root", "/"));
    }

    /** What is missing on this machine, as a person would install it; empty if nothing is. */
    static Optional<String> missing() throws IOException {
        if (busybox().isEmpty()) {
            return Optional.of("there is no busybox (apt-get install busybox-static)");
        }
        return release().isEmpty()
                ? Optional.of("there is no kernel with modules that are not compressed (apt-get install"
                        + " linux-image-cloud-amd64)")
                : Optional.empty();
    }

    /**
     * Makes one in a folder.
     *
     * @param script of /bin/sh, with busybox's commands, which is run when the network card is there
     */
    static GuestImage make(Path folder, String script) throws IOException {
        String release = release().orElseThrow();
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("bin/busybox", Files.readAllBytes(busybox().orElseThrow()));
        StringBuilder load = new StringBuilder();
        for (String module : MODULES) {
            String name = "lib/" + Path.of(module).getFileName() + ".ko";
            files.put(name, Files.readAllBytes(module(release, module)));
            load.append("insmod /").append(name).append('\n');
        }
        String init = """
            #!/bin/busybox sh
            /bin/busybox --install -s /bin
            export PATH=/bin
            mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
            %s
            %s
            while :; do sleep 1000; done
            """.formatted(load, script);
        files.put("init", init.getBytes(StandardCharsets.UTF_8));
        Path initrd = folder.resolve("initrd.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(initrd))) {
            out.write(archive(List.of("bin", "lib", "proc", "sys", "dev"), files));
        }
        return new GuestImage(root().resolve("boot").resolve("vmlinuz-" + release), initrd);
    }

    private static Optional<Path> busybox() {
        return Stream.of("/bin/busybox", "/usr/bin/busybox")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static Path module(String release, String name) {
        return root().resolve("lib/modules").resolve(release).resolve("kernel").resolve(name + ".ko");
    }

    /** The newest release of which all is there. */
    private static Optional<String> release() throws IOException {
        Path modules = root().resolve("lib/modules");
        if (!Files.isDirectory(modules)) {
            return Optional.empty();
        }
        try (Stream<Path> releases = Files.list(modules)) {
            return releases.map(each -> each.getFileName().toString())
                    .filter(each -> Files.isReadable(root().resolve("boot").resolve("vmlinuz-" + each)))
                    .filter(each -> MODULES.stream().allMatch(name -> Files.isReadable(module(each, name))))
                    .max(Comparator.naturalOrder());
        }
    }

    /** In the format newc of cpio (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). */
    private static byte[] archive(List<String> folders, Map<String, byte[]> files) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int number = 1;
        for (String folder : folders) {
            member(out, number++, FOLDER, folder, new byte[0]);
        }
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            member(out, number++, REGULAR, file.getKey(), file.getValue());
        }
        member(out, 0, 0, "TRAILER!!!", new byte[0]);
        return out.toByteArray();
    }

    private static void member(ByteArrayOutputStream out, int number, int mode, String name, byte[] content)
            throws IOException {
        int[] fields = {number, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length() + 1, 0};
        StringBuilder header = new StringBuilder("070701");
        for (int field : fields) {
            header.append("%08X".formatted(field));
        }
        out.write((header + name + '\0').getBytes(StandardCharsets.US_ASCII));
        align(out);
        out.write(content);
        align(out);
    }

    private static void align(ByteArrayOutputStream out) {
        while (out.size() % ALIGNMENT != 0) {
            out.write(0);
        }
    }
}
