using Ncn.Simulation.Running;

return SimulationCommand.Run(args, Console.Out, Console.Error);
