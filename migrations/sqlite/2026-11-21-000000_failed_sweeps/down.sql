DROP TABLE failed_sweeps;
