using System.Text.RegularExpressions;
using Ncn.Tidy.Tests.Source;

namespace Ncn.Tidy.Tests;

/// <summary>Names that say nothing are banned: for files, types and folders. Stand-ins and the lists of official members keep the official names.</summary>
public sealed partial class NameTests
{
    private static readonly HashSet<string> EmptyWords = new(["Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Manager", "Managers", "Common"], StringComparer.OrdinalIgnoreCase);
    private static readonly HashSet<string> LayerFolders = new(["Services", "Interfaces", "Dtos", "Models", "Helpers", "Utils", "Common", "Managers"], StringComparer.OrdinalIgnoreCase);

    [Fact]
    public void File_names_say_what_is_inside() => Repository.MustHold(Repository.Files.SelectMany(EmptyFileName));

    [Fact]
    public void Type_names_say_what_the_type_is() => Repository.MustHold(Repository.CodeFiles.SelectMany(EmptyTypeNames));

    [Fact]
    public void Folders_are_capabilities_not_layers() => Repository.MustHold(Repository.Files.SelectMany(LayerFolder).Distinct());

    [Theory]
    [InlineData("components/A/HashHelper.cs", 1)]
    [InlineData("components/A/StringUtils.cs", 1)]
    [InlineData("components/A/Common.cs", 1)]
    [InlineData("components/A/Utilization.cs", 0)]
    [InlineData("components/standins/Dapr.Common/Dapr.Common.csproj", 0)]
    [InlineData("tests/A/official-api/Dapr.Common.txt", 0)]
    public void An_empty_file_name_is_reported(string path, int violations) => Assert.Equal(violations, EmptyFileName(SourceFile.Of(path, "")).Count());

    [Fact]
    public void An_empty_type_name_is_reported() =>
        Assert.Equal(["a.cs: the type 'PeerManager' has a name that says nothing ('Manager'). Name what it does."], EmptyTypeNames(SourceFile.Of("a.cs", "class PeerManager { } // class Helper")));

    [Theory]
    [InlineData("components/A/Services/B.cs", 1)]
    [InlineData("contracts/src/interfaces/IEscrow.sol", 1)]
    [InlineData("compute-worker/models/digits/config.json", 0)]
    public void A_layer_folder_is_reported(string path, int violations) => Assert.Equal(violations, LayerFolder(SourceFile.Of(path, "")).Count());

    private static IEnumerable<string> EmptyFileName(SourceFile file) =>
        file.IsStandIn || file.Folder.EndsWith("/official-api", StringComparison.Ordinal) ? [] : Words(file.Name).Where(EmptyWords.Contains).Select(word => $"{file.Path}: the file name says nothing ('{word}'). Name it after what is inside.");

    private static IEnumerable<string> EmptyTypeNames(SourceFile file) =>
        file.IsStandIn ? [] :
        from type in MemberScanner.TypeNames(file.Read())
        from word in Words(type).Where(EmptyWords.Contains)
        select $"{file.Path}: the type '{type}' has a name that says nothing ('{word}'). Name what it does.";

    private static IEnumerable<string> LayerFolder(SourceFile file) =>
        file.IsStandIn || file.Path.StartsWith("compute-worker/models/", StringComparison.Ordinal) ? [] :
        file.Folder.Split('/').Where(LayerFolders.Contains).Select(folder => $"{file.Folder}: a folder named '{folder}' is a layer. Put its files into the folder of the capability they belong to.");

    private static IEnumerable<string> Words(string name) => Word().Matches(name).Select(match => match.Value);

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();
}
