package io.portcullis.cluster.multinode;

/** Entry point of one role's JVM. */
final class MultiNodeMain {
    private MultiNodeMain() {}

    public static void main(String[] arguments) {
        int exitCode = 1;
        try {
            MultiNodeScenario scenario = (MultiNodeScenario)
                    Class.forName(arguments[0]).getDeclaredConstructor().newInstance();
            scenario.multiNodeSpecBeforeAll();
            scenario.play();
            scenario.multiNodeSpecAfterAll();
            exitCode = 0;
        } catch (Throwable e) {
            e.printStackTrace();
        }
        System.out.flush();
        Runtime.getRuntime().halt(exitCode);
    }
}
