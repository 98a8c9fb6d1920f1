namespace Ncn.Inference.Generation.Constraints;

/// <summary>
/// Reads JSON documents of a schema byte by byte. A pushdown automaton: the state is the nesting of half-read values, or several
/// of them where the schema leaves it open which value is being read. Every state can still become a whole document. Pure.
/// </summary>
/// <param name="nodes">The compiled schema.</param>
/// <param name="levels">For each node, how many further levels of nesting its smallest value needs.</param>
/// <param name="root">The document's node.</param>
internal sealed class JsonAutomaton(IReadOnlyList<SchemaNode> nodes, IReadOnlyList<int> levels, int root)
{
    /// <summary>Deepest nesting of a document: half of what .NET's JSON reader takes.</summary>
    public const int MaxDepth = 32;

    /// <summary>White space between two tokens of JSON, in bytes.</summary>
    public const int MaxSpace = 20;

    /// <summary>Readings of the same text that are followed at once. Dropping more than these narrows what can be said, never what is valid.</summary>
    private const int MaxReadings = 64;

    /// <summary>Before the first byte.</summary>
    public Nesting Start { get; } = new(new Frame(root, 0, 0, 0), null);

    /// <summary>Adds to <paramref name="next"/> each reading that the byte leads to from one reading.</summary>
    public void Step(Nesting at, byte value, List<Nesting> next)
    {
        if (ReferenceEquals(at, Nesting.Whole))
        {
            return;
        }

        switch (nodes[at.Top.Node])
        {
            case SchemaNode.AnyOf any:
                foreach (int option in any.Options)
                {
                    if (at.Depth + levels[option] <= MaxDepth)
                    {
                        Step(at.With(new Frame(option, 0, 0, 0)), value, next);
                    }
                }

                break;
            case SchemaNode.Literals literals:
                StepLiteral(at, literals.Spellings, value, next);
                break;
            case SchemaNode.Number number:
                StepNumber(at, number.Range, value, next);
                break;
            case SchemaNode.Text text:
                Go(at, StringSteps.Text(at.Top, text, value), next);
                break;
            case SchemaNode.Pattern pattern:
                Go(at, StringSteps.Pattern(at.Top, pattern.Spellings, value), next);
                break;
            case SchemaNode.Array array:
                StepArray(at, array, value, next);
                break;
            case SchemaNode.Object shape:
                StepObject(at, shape, value, next);
                break;
        }
    }

    /// <summary>Whether the document may end here.</summary>
    public bool IsWhole(Nesting at) => ReferenceEquals(at, Nesting.Whole) || (at.Below is null && EndsWithoutMore(at.Top));

    private static void Add(List<Nesting> next, Nesting reading)
    {
        if (next.Count < MaxReadings && (next.Count == 0 || !next.Contains(reading)))
        {
            next.Add(reading);
        }
    }

    private static void Go(Nesting at, FrameStep step, List<Nesting> next)
    {
        if (step.IsEnd)
        {
            Add(next, at.Below ?? Nesting.Whole);
        }
        else if (step.Frame is { } frame)
        {
            Add(next, at.With(frame));
        }
    }

    private bool EndsWithoutMore(Frame top) => nodes[top.Node] switch
    {
        SchemaNode.Literals literals => literals.Spellings.Value((int)top.Detail) != ByteTrie.None,
        SchemaNode.Number number => NumberSteps.MayEnd(top, number.Range),
        _ => false,
    };

    private void StepLiteral(Nesting at, ByteTrie spellings, byte value, List<Nesting> next)
    {
        int node = spellings.Next((int)at.Top.Detail, value);
        if (node != ByteTrie.None)
        {
            Go(at, spellings.GoesOn(node) ? FrameStep.To(at.Top with { Phase = 1, Detail = node }) : FrameStep.End, next);
        }
        else
        {
            StepOutside(at, value, next);
        }
    }

    private void StepNumber(Nesting at, NumberRange range, byte value, List<Nesting> next)
    {
        FrameStep step = NumberSteps.Next(at.Top, range, value);
        if (step.Frame is not null)
        {
            Go(at, step, next);
        }
        else
        {
            StepOutside(at, value, next);
        }
    }

    /// <summary>Numbers have no closing byte: the byte after one belongs to what they lie in.</summary>
    private void StepOutside(Nesting at, byte value, List<Nesting> next)
    {
        if (at.Below is not null && EndsWithoutMore(at.Top))
        {
            Step(at.Below, value, next);
        }
    }

    private void StepArray(Nesting at, SchemaNode.Array array, byte value, List<Nesting> next)
    {
        Frame top = at.Top;
        bool more = top.Count < array.Most && CanHold(at, array.Item(top.Count));
        if (top.Phase == ContainerPhase.Start)
        {
            Go(at, value == '[' ? FrameStep.To(top with { Phase = ContainerPhase.Open }) : FrameStep.None, next);
        }
        else if (ContainerPhase.TrySpace(top, value, out Frame spaced))
        {
            Add(next, at.With(spaced));
        }
        else if (value == ']' && top.Phase != ContainerPhase.BeforeValue && top.Count >= array.Least)
        {
            Go(at, FrameStep.End, next);
        }
        else if (value == ',' && top.Phase == ContainerPhase.AfterValue && more)
        {
            Add(next, at.With(top with { Phase = ContainerPhase.BeforeValue, Detail = 0 }));
        }
        else if (top.Phase != ContainerPhase.AfterValue && more)
        {
            // Beyond what the schema counts, one item is as good as another: counting on would make states that never come back.
            int counted = array.Most == int.MaxValue ? Math.Max(array.First.Count, array.Least) : int.MaxValue;
            Frame after = top with { Phase = ContainerPhase.AfterValue, Count = Math.Min(top.Count + 1, counted), Detail = 0 };
            StepInto(at.With(after), array.Item(top.Count), value, next);
        }
    }

    private void StepObject(Nesting at, SchemaNode.Object shape, byte value, List<Nesting> next)
    {
        Frame top = at.Top;
        if (top.Phase == ContainerPhase.Start)
        {
            Go(at, value == '{' ? FrameStep.To(top with { Phase = ContainerPhase.Open }) : FrameStep.None, next);
        }
        else if (top.Phase == ContainerPhase.Name)
        {
            Go(at, ObjectNames.Next(top, shape, value, node => CanHold(at, node)), next);
        }
        else if (ContainerPhase.TrySpace(top, value, out Frame spaced))
        {
            Add(next, at.With(spaced));
        }
        else if (top.Phase is ContainerPhase.BeforeValue or ContainerPhase.BeforeOther)
        {
            int node = top.Phase == ContainerPhase.BeforeOther ? shape.Others!.Value : shape.Properties[top.Count - 1].Node;
            StepInto(at.With(top with { Phase = ContainerPhase.AfterValue, Detail = 0 }), node, value, next);
        }
        else
        {
            Go(at, BetweenMembers(at, shape, value), next);
        }
    }

    private FrameStep BetweenMembers(Nesting at, SchemaNode.Object shape, byte value)
    {
        Frame top = at.Top;
        return (top.Phase, (char)value) switch
        {
            (ContainerPhase.Colon, ':') => FrameStep.To(top with { Phase = ContainerPhase.BeforeValue, Detail = 0 }),
            (ContainerPhase.OtherColon, ':') => FrameStep.To(top with { Phase = ContainerPhase.BeforeOther, Detail = 0 }),
            (ContainerPhase.Open or ContainerPhase.AfterValue, '}') when shape.RequiredFrom(top.Count) == shape.Properties.Count => FrameStep.End,
            (ContainerPhase.AfterValue, ',') when ObjectNames.Any(top, shape, node => CanHold(at, node)) =>
                FrameStep.To(top with { Phase = ContainerPhase.BeforeName, Detail = 0 }),
            (ContainerPhase.Open or ContainerPhase.BeforeName, '"') when ObjectNames.Any(top, shape, node => CanHold(at, node)) =>
                FrameStep.To(ObjectNames.Begin(top)),
            _ => FrameStep.None,
        };
    }

    private void StepInto(Nesting container, int node, byte value, List<Nesting> next) =>
        Step(new Nesting(new Frame(node, 0, 0, 0), container), value, next);

    private bool CanHold(Nesting at, int node) => at.Depth + 1 + levels[node] <= MaxDepth;
}
