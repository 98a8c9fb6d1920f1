namespace Dapr.Actors;

/// <summary>Every actor interface derives from this one.</summary>
public interface IActor
{
}
