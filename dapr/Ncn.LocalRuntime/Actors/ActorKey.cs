namespace Ncn.LocalRuntime.Actors;

internal readonly record struct ActorKey(string Type, string Id)
{
    /// <summary>The path of the actor on the app that hosts it, for example <c>method/Add</c> below it.</summary>
    public string PathTo(string tail) => $"actors/{Uri.EscapeDataString(Type)}/{Uri.EscapeDataString(Id)}{(tail.Length > 0 ? "/" + tail : "")}";

    public override string ToString() => $"{Type}/{Id}";
}
