namespace Dapr.Actors.Runtime;

/// <summary>What started a turn.</summary>
public enum ActorCallType
{
    /// <summary>A call of an interface method.</summary>
    ActorInterfaceMethod = 0,

    /// <summary>A timer.</summary>
    TimerMethod = 1,

    /// <summary>A reminder.</summary>
    ReminderMethod = 2,
}

/// <summary>Which method a turn runs, and why.</summary>
public struct ActorMethodContext
{
    internal ActorMethodContext(string methodName, ActorCallType callType)
    {
        MethodName = methodName;
        CallType = callType;
    }

    /// <summary>The method.</summary>
    public string MethodName { get; }

    /// <summary>What started the turn.</summary>
    public ActorCallType CallType { get; }
}
