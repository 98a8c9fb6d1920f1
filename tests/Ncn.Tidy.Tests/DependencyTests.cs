namespace Ncn.Tidy.Tests;

/// <summary>Ncn.Protocol depends on nothing, pure components on it alone, edges on components, nobody on an edge.</summary>
public sealed class DependencyTests
{
    private const string Protocol = "components/Ncn.Protocol/Ncn.Protocol.csproj";
    private const string SurfaceTests = "tests/Ncn.StandIns.Tests/Ncn.StandIns.Tests.csproj";
    private static readonly string[] PureNames = ["Ncn.Protocol", "Ncn.Payments", "Ncn.Coordination", "Ncn.Consensus", "Ncn.Discovery", "Ncn.Verification"];

    [Fact]
    public void The_protocol_depends_on_nothing() => Repository.MustHold(ProjectFile.All.SelectMany(ProtocolDependencies));

    [Fact]
    public void Pure_components_say_so() => Repository.MustHold(ProjectFile.All.SelectMany(MissingPurity));

    [Fact]
    public void Pure_components_depend_on_the_protocol_alone() => Repository.MustHold(ProjectFile.All.SelectMany(ImpureDependencies));

    [Fact]
    public void Nobody_depends_on_an_edge() => Repository.MustHold(ProjectFile.All.SelectMany(EdgeDependencies));

    [Fact]
    public void Stand_ins_are_reached_through_the_package_switch() => Repository.MustHold(ProjectFile.All.SelectMany(DirectStandIns));

    [Fact]
    public void Stand_ins_depend_on_stand_ins_and_the_protocol_alone() => Repository.MustHold(ProjectFile.All.SelectMany(StandInDependencies));

    [Fact]
    public void Every_stand_in_is_held_to_the_official_surface() => Repository.MustHold(UncheckedStandIns(ProjectFile.All));

    [Fact]
    public void A_protocol_with_a_dependency_is_reported() =>
        Assert.Single(ProtocolDependencies(Project(Protocol, packages: ["Google.Protobuf"])));

    [Fact]
    public void A_pure_component_without_the_mark_is_reported() =>
        Assert.Single(MissingPurity(Project("components/Ncn.Payments/Ncn.Payments.csproj")));

    [Fact]
    public void A_pure_component_with_another_dependency_is_reported() =>
        Assert.Single(ImpureDependencies(Project("components/Ncn.Payments/Ncn.Payments.csproj", references: [Protocol, "components/Ncn.Chain/Ncn.Chain.csproj"], isPure: true)));

    [Fact]
    public void A_component_and_an_edge_on_an_edge_are_reported()
    {
        const string worker = "compute-worker/Ncn.ComputeWorker/Ncn.ComputeWorker.csproj";
        Assert.Single(EdgeDependencies(Project("components/Ncn.Serving/Ncn.Serving.csproj", references: [worker])));
        Assert.Single(EdgeDependencies(Project("functions/Ncn.Gateway/Ncn.Gateway.csproj", references: [worker])));
        Assert.Empty(EdgeDependencies(Project("tests/Ncn.EndToEnd.Tests/Ncn.EndToEnd.Tests.csproj", references: [worker])));
    }

    [Fact]
    public void A_direct_reference_to_a_stand_in_is_reported()
    {
        const string standIn = "components/standins/Dapr.Client/Dapr.Client.csproj";
        Assert.Single(DirectStandIns(Project("functions/Ncn.Gateway/Ncn.Gateway.csproj", references: [standIn])));
        Assert.Empty(DirectStandIns(Project("components/standins/Dapr.AspNetCore/Dapr.AspNetCore.csproj", references: [standIn])));
    }

    [Fact]
    public void A_stand_in_on_a_component_is_reported() =>
        Assert.Single(StandInDependencies(Project("components/standins/A/A.csproj", references: [Protocol, "components/Ncn.Chain/Ncn.Chain.csproj"])));

    [Fact]
    public void A_stand_in_that_no_surface_test_sees_is_reported()
    {
        var standIns = new[] { Project("components/standins/A/A.csproj"), Project("components/standins/B/B.csproj") };
        Assert.Single(UncheckedStandIns([.. standIns, Project(SurfaceTests, references: ["components/standins/A/A.csproj"])]));
        Assert.Empty(UncheckedStandIns([.. standIns, Project(SurfaceTests, references: ["components/standins/*/*.csproj"])]));
    }

    private static ProjectFile Project(string path, string[]? references = null, string[]? packages = null, bool isPure = false) => new(path, references ?? [], [], packages ?? [], [], isPure);

    private static IEnumerable<string> ProtocolDependencies(ProjectFile project) =>
        project.Path == Protocol
            ? project.References.Concat(project.NcnPackages).Concat(project.Packages).Select(dependency => $"{project.Path} depends on {dependency}. Ncn.Protocol depends on nothing: move what needs it to the component that does.")
            : [];

    private static IEnumerable<string> MissingPurity(ProjectFile project) =>
        project.IsIn("components") && PureNames.Contains(project.Name) && !project.IsPure
            ? [$"{project.Path} is a pure component and does not say so. Set <NcnPure>true</NcnPure>, so that the compiler refuses clocks, randomness, tasks and I/O."]
            : [];

    private static IEnumerable<string> ImpureDependencies(ProjectFile project) =>
        project.IsPure
            ? project.References.Concat(project.NcnPackages).Concat(project.Packages).Where(dependency => dependency != Protocol).Select(dependency => $"{project.Path} is pure and depends on {dependency}. A pure component depends on Ncn.Protocol alone: take the value as an input.")
            : [];

    private static IEnumerable<string> EdgeDependencies(ProjectFile project) =>
        project.IsTest ? [] :
        from reference in project.References
        where ProjectOf(reference).IsEdge
        select $"{project.Path} depends on the app {reference}. Nobody but a test depends on an app: move what is shared into a component.";

    private static IEnumerable<string> DirectStandIns(ProjectFile project) =>
        project.IsStandIn || project.Path == SurfaceTests ? [] :
        from reference in project.References
        where ProjectOf(reference).IsStandIn
        select $"{project.Path} references {reference} directly. Write <NcnPackage Include=\"{ProjectOf(reference).Name}\" />, so that the official package can take its place.";

    private static IEnumerable<string> StandInDependencies(ProjectFile project) =>
        !project.IsStandIn ? [] :
        from reference in project.References
        where !ProjectOf(reference).IsStandIn && reference != Protocol
        select $"{project.Path} depends on {reference}. A stand-in may use other stand-ins and Ncn.Protocol, for the official package knows nothing of this project.";

    private static IEnumerable<string> UncheckedStandIns(IReadOnlyList<ProjectFile> projects)
    {
        var seen = projects.Where(project => project.Path == SurfaceTests).SelectMany(project => project.References).ToHashSet(StringComparer.Ordinal);
        return seen.Contains("components/standins/*/*.csproj") ? [] :
            from standIn in projects
            where standIn.IsStandIn && !standIn.Name.StartsWith("Microsoft.ML.", StringComparison.Ordinal) && !seen.Contains(standIn.Path)
            select $"{standIn.Path} is not referenced by {SurfaceTests}, so nothing holds it to the official surface. Reference it there.";
    }

    private static ProjectFile ProjectOf(string path) => new(path, [], [], [], [], false);
}
