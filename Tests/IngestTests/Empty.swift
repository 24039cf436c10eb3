// filled by its tests
