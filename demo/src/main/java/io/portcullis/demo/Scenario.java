package io.portcullis.demo;

/** The scripted scenario: every promise of the foundation, shown on traffic whose ends check it themselves. One thread. */
final class Scenario {
    private final Session session;
    private final Checks checks;
    private final int migrations;

    Scenario(Session session, Checks checks, int migrations) {
        this.session = session;
        this.checks = checks;
        this.migrations = migrations;
    }

    void run() {
        new PolicyAct(session, checks).play();
        new ToolsAct(session, checks).play();
        new MigrationAct(session, checks, migrations).play();
        new QuarantineAct(session, checks).play();
        new MembershipAct(session, checks).play();
        new CrashAct(session, checks).play();
    }
}
