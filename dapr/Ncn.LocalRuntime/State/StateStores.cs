using Microsoft.Data.Sqlite;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.State;

/// <summary>Opens one store per <c>state.sqlite</c> file; two components with one connection string share it.</summary>
internal sealed class StateStores : IDisposable
{
    public const string ComponentType = "state.sqlite";
    private readonly Dictionary<string, StateStore> byPath = [];
    private readonly string directory;
    private readonly ITimer cleaner;

    public StateStores(IEnumerable<Component> components, string directory, TimeProvider time)
    {
        this.directory = directory;
        foreach (var path in components.Where(component => component.Type == ComponentType).Select(PathOf).Distinct())
        {
            byPath[path] = new StateStore(path, time);
        }

        cleaner = time.CreateTimer(_ => Clean(), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
    }

    public StateStore this[Component component] =>
        component.Type == ComponentType
            ? byPath[PathOf(component)]
            : throw new ConfigurationException($"Component {component.Name} is of type {component.Type}; the local runtime stores state in {ComponentType}.");

    public static Component? ActorStoreOf(IEnumerable<Component> components) =>
        components.FirstOrDefault(component => component.Type.StartsWith("state.", StringComparison.Ordinal) && component.GetFlag("actorStateStore"));

    public void Dispose()
    {
        cleaner.Dispose();
        foreach (var store in byPath.Values)
        {
            store.Dispose();
        }
    }

    private string PathOf(Component component)
    {
        var text = component.Require("connectionString");
        var file = text.Contains('=', StringComparison.Ordinal) ? new SqliteConnectionStringBuilder(text).DataSource : text;
        return Path.GetFullPath(file, directory);
    }

    private void Clean()
    {
        foreach (var store in byPath.Values)
        {
            _ = store.RemoveExpiredAsync();
        }
    }
}
