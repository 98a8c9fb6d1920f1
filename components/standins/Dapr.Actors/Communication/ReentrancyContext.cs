namespace Dapr.Actors.Communication;

/// <summary>The re-entrancy id of the turn that is running, carried into the calls that it makes.</summary>
internal static class ReentrancyContext
{
    private static readonly AsyncLocal<string?> Current = new();

    internal static string? Id
    {
        get => Current.Value;
        set => Current.Value = value;
    }
}
