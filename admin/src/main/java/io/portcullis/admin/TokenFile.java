package io.portcullis.admin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;

/** The file with the API's token; made at the first start, readable by its owner only. */
final class TokenFile {
    private static final int TOKEN_BYTES = 32;
    /** Shorter ones can be guessed. */
    private static final int MIN_LENGTH = 16;

    private static final Set<PosixFilePermission> OWNER_ONLY =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private TokenFile() {}

    /**
     * The token in the file; if there is no file, makes one with a new token. Several nodes may call this for one file at once: all get the
     * same token.
     *
     * @throws IOException with a message for people if the file cannot be made or read, or others may read it
     */
    static String loadOrCreate(Path file) throws IOException {
        if (Files.notExists(file)) {
            create(file);
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        if (!OWNER_ONLY.containsAll(permissions)) {
            throw new IOException("others may read the token file " + file + " ("
                    + PosixFilePermissions.toString(permissions) + "); run: chmod 600 " + file);
        }
        String token = Files.readString(file, StandardCharsets.UTF_8).strip();
        if (token.length() < MIN_LENGTH) {
            throw new IOException("the token in " + file + " has " + token.length() + " characters, at least "
                    + MIN_LENGTH + " are needed; delete the file to get a new one");
        }
        return token;
    }

    /** Written beside and linked into place, so that nobody ever reads half a token. */
    private static void create(Path file) throws IOException {
        byte[] secret = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(secret);
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Path fresh = Files.createTempFile(folder, ".token", "", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        try {
            Files.writeString(fresh, Base64.getUrlEncoder().withoutPadding().encodeToString(secret) + "\n");
            Files.createLink(file, fresh);
        } catch (FileAlreadyExistsException anotherNodeWasFirst) {
            // Its token holds.
        } finally {
            Files.delete(fresh);
        }
    }
}
